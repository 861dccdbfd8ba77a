#include "resolver/lock/yaml_tape.h"

#include <algorithm>
#include <istream>
#include <streambuf>

#include <fmt/format.h>
#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/parser.h>

#include "base/error.h"
#include "resolver/lock/lock_text.h"
#include "resolver/lock/simple_yaml.h"

namespace kasane::resolver {
namespace {

class ViewBuffer : public std::streambuf {
 public:
  explicit ViewBuffer(std::string_view text) {
    char* begin = const_cast<char*>(text.data());
    setg(begin, begin, begin + text.size());
  }
};

}  // namespace

/// Turns yaml-cpp's events into a tape.
class YamlEventCollector final : public YAML::EventHandler {
 public:
  YamlEventCollector(const LockText& text, YamlTape& tape) : text_(text), tape_(tape) {}

  void OnDocumentStart(const YAML::Mark&) override {}
  void OnDocumentEnd() override {}
  void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    refuse(mark, anchor, "");
    emit(YamlKind::kNull, mark);
  }
  void OnAlias(const YAML::Mark& mark, YAML::anchor_t) override {
    throw text_.error_at(mark.line + 1, mark.column + 1, 1, "an alias has no place in a lock");
  }
  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                const std::string& value) override {
    refuse(mark, anchor, tag);
    emit(YamlKind::kScalar, mark, tape_.unquoted_.emplace_back(value));
  }
  void OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                       YAML::EmitterStyle::value) override {
    refuse(mark, anchor, tag);
    emit(YamlKind::kSequenceStart, mark);
  }
  void OnSequenceEnd() override { tape_.events_.push_back({YamlKind::kSequenceEnd, 0, 0, {}}); }
  void OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                  YAML::EmitterStyle::value) override {
    refuse(mark, anchor, tag);
    emit(YamlKind::kMapStart, mark);
  }
  void OnMapEnd() override { tape_.events_.push_back({YamlKind::kMapEnd, 0, 0, {}}); }

 private:
  void refuse(const YAML::Mark& mark, YAML::anchor_t anchor, const std::string& tag) {
    if (anchor != 0) {
      throw text_.error_at(mark.line + 1, mark.column + 1, 1, "an anchor has no place in a lock");
    }
    if (!tag.empty() && tag != "?" && tag != "!") {
      throw text_.error_at(mark.line + 1, mark.column + 1, 1,
                           fmt::format("the tag `{}` has no place in a lock", tag));
    }
  }
  void emit(YamlKind kind, const YAML::Mark& mark, std::string_view value = {}) {
    tape_.events_.push_back({kind, mark.line + 1, mark.column + 1, value});
  }

  const LockText& text_;
  YamlTape& tape_;
};

std::optional<YamlTape> YamlTape::find_simple(std::string_view text) {
  std::optional<YamlTape> tape(std::in_place);
  // A line of a lock makes about one and a half events.
  tape->events_.reserve(text.size() / 16);
  if (!SimpleYamlScanner(text, *tape).scan()) tape.reset();
  return tape;
}

YamlTape YamlTape::parse_any(std::string_view text, std::string_view file_name) {
  const LockText place(text, file_name);
  YamlTape tape;
  try {
    ViewBuffer buffer(text);
    std::istream stream(&buffer);
    YAML::Parser parser(stream);
    YamlEventCollector collector(place, tape);
    parser.HandleNextDocument(collector);
  } catch (const YAML::Exception& problem) {
    throw place.error_at(std::max(problem.mark.line, 0) + 1, std::max(problem.mark.column, 0) + 1,
                         1, fmt::format("not valid YAML: {}", problem.msg));
  }
  return tape;
}

YamlTape YamlTape::parse(std::string_view text, std::string_view file_name) {
  if (std::optional<YamlTape> tape = find_simple(text)) return std::move(*tape);
  return parse_any(text, file_name);
}

std::size_t YamlTape::after(std::size_t index) const {
  int depth = 0;
  while (index < events_.size()) {
    const YamlKind kind = events_[index++].kind;
    if (kind == YamlKind::kMapStart || kind == YamlKind::kSequenceStart) ++depth;
    if (kind == YamlKind::kMapEnd || kind == YamlKind::kSequenceEnd) --depth;
    if (depth <= 0) break;
  }
  return index;
}

}  // namespace kasane::resolver
