#include "resolver/spec/yaml_node.h"

#include <algorithm>
#include <istream>
#include <map>
#include <optional>
#include <streambuf>
#include <string_view>
#include <utility>

#include <fmt/format.h>
#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/parser.h>

#include "base/text.h"

namespace kasane::resolver {
namespace {

/// Aliases of aliases grow fast; no specification of a person has this many values.
constexpr std::size_t kMaxNodes = 500'000;

class ViewBuffer : public std::streambuf {
 public:
  explicit ViewBuffer(std::string_view text) {
    char* begin = const_cast<char*>(text.data());
    setg(begin, begin, begin + text.size());
  }
};

std::size_t count_nodes(const YamlNode& node) {
  std::size_t count = 1;
  for (const YamlNode& item : node.items) count += count_nodes(item);
  for (const YamlEntry& entry : node.entries) count += 1 + count_nodes(entry.value);
  return count;
}

std::string hint_for(std::string_view message, std::string_view line) {
  if (trim(line).starts_with('\t') || message.find("tab") != std::string_view::npos ||
      line.substr(0, line.find_first_not_of(" \t")).find('\t') != std::string_view::npos) {
    return "indent with spaces; YAML allows no tabs";
  }
  if (message.find("block scalar") != std::string_view::npos ||
      message.find("unknown token") != std::string_view::npos) {
    return "put the value in quotes";
  }
  if (message.find("illegal map value") != std::string_view::npos) {
    return "put a value that holds `: ` in quotes, and check the indentation";
  }
  if (message.find("end of") != std::string_view::npos ||
      message.find("block entry") != std::string_view::npos) {
    return "check the indentation";
  }
  return "";
}

/// Builds nodes from yaml-cpp's events.
class Builder final : public YAML::EventHandler {
 public:
  explicit Builder(const SpecText& text) : text_(text) {}

  YamlNode take() { return std::move(root_); }

  void OnDocumentStart(const YAML::Mark&) override {}
  void OnDocumentEnd() override {}
  void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    add(node_at(YamlNode::Kind::kNull, mark), anchor);
  }
  void OnAlias(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    const auto found = anchors_.find(anchor);
    if (found == anchors_.end()) {
      throw error_at(text_.place(mark.line + 1, mark.column + 1),
                     "the value refers to itself by an alias");
    }
    nodes_ += count_nodes(found->second);
    check_size(mark);
    add(found->second, 0);
  }
  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                const std::string& value) override {
    YamlNode node = node_at(YamlNode::Kind::kScalar, mark);
    node.text = value;
    find_extent(node, tag == "?");
    const bool plain_null = tag == "?" && (value == "~" || value == "null" || value == "Null" ||
                                           value == "NULL" || value.empty());
    if (plain_null) node.kind = YamlNode::Kind::kNull;
    add(std::move(node), anchor);
  }
  void OnSequenceStart(const YAML::Mark& mark, const std::string&, YAML::anchor_t anchor,
                       YAML::EmitterStyle::value) override {
    open_.push_back({node_at(YamlNode::Kind::kSequence, mark), anchor, std::nullopt});
  }
  void OnSequenceEnd() override { close(); }
  void OnMapStart(const YAML::Mark& mark, const std::string&, YAML::anchor_t anchor,
                  YAML::EmitterStyle::value) override {
    open_.push_back({node_at(YamlNode::Kind::kMap, mark), anchor, std::nullopt});
  }
  void OnMapEnd() override { close(); }

 private:
  struct Open {
    YamlNode node;
    YAML::anchor_t anchor = 0;
    std::optional<YamlNode> key;
    /// Of the keys so far.
    std::map<std::string, int> lines = {};
  };

  YamlNode node_at(YamlNode::Kind kind, const YAML::Mark& mark) {
    ++nodes_;
    check_size(mark);
    YamlNode node;
    node.kind = kind;
    node.line = mark.line + 1;
    node.column = mark.column + 1;
    return node;
  }
  void check_size(const YAML::Mark& mark) const {
    if (nodes_ <= kMaxNodes) return;
    throw error_at(text_.place(mark.line + 1, mark.column + 1),
                   fmt::format("expected at most {} values, found more", kMaxNodes));
  }

  /// yaml-cpp takes the end of the file for a missing quote.
  void find_extent(YamlNode& node, bool plain) const {
    const std::string_view line = text_.line(node.line);
    const auto start = static_cast<std::size_t>(node.column - 1);
    if (start >= line.size()) return;
    const std::string_view rest = line.substr(start);
    if (plain) {
      if (!rest.starts_with(node.text)) return;
      node.length = static_cast<int>(node.text.size());
      node.text_column = node.column;
      return;
    }
    const char quote = rest.front();
    if (quote != '"' && quote != '\'') return;
    if (rest.substr(1).starts_with(node.text) && rest.size() > node.text.size() + 1 &&
        rest[node.text.size() + 1] == quote) {
      node.length = static_cast<int>(node.text.size()) + 2;
      node.text_column = node.column + 1;
      return;
    }
    if (!is_closed(text_.text().substr(text_.offset(node.line) + start))) {
      throw error_at(text_.place(node.line, node.column), "the quote is never closed");
    }
  }
  static bool is_closed(std::string_view quoted) {
    const char quote = quoted.front();
    for (std::size_t i = 1; i < quoted.size(); ++i) {
      if (quoted[i] == '\\' && quote == '"') {
        ++i;
      } else if (quoted[i] == quote) {
        if (quote == '"' || i + 1 == quoted.size() || quoted[i + 1] != quote) return true;
        ++i;
      }
    }
    return false;
  }

  void close() {
    Open last = std::move(open_.back());
    open_.pop_back();
    merge(last.node);
    add(std::move(last.node), last.anchor);
  }

  void add(YamlNode node, YAML::anchor_t anchor) {
    if (anchor != 0) anchors_[anchor] = node;
    if (open_.empty()) {
      root_ = std::move(node);
      return;
    }
    Open& parent = open_.back();
    if (parent.node.is_sequence()) {
      parent.node.items.push_back(std::move(node));
    } else if (!parent.key) {
      check_key(parent, node);
      parent.key = std::move(node);
    } else {
      parent.node.entries.push_back({std::move(*parent.key), std::move(node)});
      parent.key.reset();
    }
  }

  void check_key(Open& map, const YamlNode& key) const {
    if (!key.is_scalar()) {
      throw error_at(text_.place(key.line, key.column),
                     fmt::format("expected a key, found {}", key.describe()))
          .hint("put a value that begins with `{` or `[` in quotes");
    }
    const auto [first, is_new] = map.lines.emplace(key.text, key.line);
    if (is_new || key.text == "<<") return;
    throw error_at(
        text_.place(key.line, key.column, key.length),
        fmt::format("the key `{}` is there twice, first at line {}", key.text, first->second));
  }

  /// `<<` brings the entries of other maps where the map has none of its own (YAML 1.1, "Merge
  /// Key").
  void merge(YamlNode& map) const {
    if (map.find_entry("<<") == nullptr) return;
    std::vector<YamlEntry> entries = std::move(map.entries);
    map.entries.clear();
    std::vector<YamlNode> sources;
    for (YamlEntry& entry : entries) {
      if (entry.key.text != "<<") {
        map.entries.push_back(std::move(entry));
      } else if (entry.value.is_sequence()) {
        for (YamlNode& item : entry.value.items) sources.push_back(std::move(item));
      } else {
        sources.push_back(std::move(entry.value));
      }
    }
    for (YamlNode& source : sources) {
      for (YamlEntry& entry : source.entries) {
        if (map.find_entry(entry.key.text) == nullptr) map.entries.push_back(std::move(entry));
      }
    }
  }

  const SpecText& text_;
  YamlNode root_;
  std::vector<Open> open_;
  std::map<YAML::anchor_t, YamlNode> anchors_;
  std::size_t nodes_ = 0;
};

}  // namespace

const YamlEntry* YamlNode::find_entry(std::string_view key) const {
  const auto found = std::find_if(entries.begin(), entries.end(),
                                  [&](const YamlEntry& entry) { return entry.key.text == key; });
  return found == entries.end() ? nullptr : &*found;
}

const YamlNode* YamlNode::find(std::string_view key) const {
  const YamlEntry* entry = find_entry(key);
  return entry == nullptr ? nullptr : &entry->value;
}

std::string YamlNode::describe() const {
  switch (kind) {
    case Kind::kNull:
      return "nothing";
    case Kind::kSequence:
      return "a list";
    case Kind::kMap:
      return "a map";
    case Kind::kScalar:
      break;
  }
  return fmt::format("`{}`", text);
}

YamlNode parse_yaml(const SpecText& text) {
  try {
    ViewBuffer buffer(text.text());
    std::istream stream(&buffer);
    YAML::Parser parser(stream);
    Builder builder(text);
    if (!parser.HandleNextDocument(builder)) return builder.take();
    YamlNode root = builder.take();
    Builder second(text);
    if (parser.HandleNextDocument(second)) {
      const YamlNode more = second.take();
      throw error_at(text.place(std::max(more.line, 1)),
                     "expected one YAML document, found a second one")
          .hint("put each environment in a file of its own");
    }
    return root;
  } catch (const YAML::Exception& problem) {
    const int line = std::max(problem.mark.line, 0) + 1;
    throw error_at(text.place(line, std::max(problem.mark.column, 0) + 1),
                   fmt::format("not valid YAML: {}", problem.msg))
        .hint(hint_for(problem.msg, text.line(line)));
  }
}

SourcePlace place_of(const SpecText& text, const YamlNode& node) {
  if (node.text_column > 0) {
    return text.place(node.line, node.text_column, static_cast<int>(node.text.size()));
  }
  return text.place(node.line, node.column, node.length);
}

SourcePlace place_in(const SpecText& text, const YamlNode& node, std::size_t offset, int length) {
  if (node.text_column == 0) return place_of(text, node);
  return text.place(node.line, node.text_column + static_cast<int>(offset), length);
}

const YamlNode& expect_map(const SpecText& text, const YamlNode& node, std::string_view name) {
  if (node.is_map()) return node;
  throw error_at(place_of(text, node),
                 fmt::format("expected a map for `{}`, found {}", name, node.describe()));
}

const YamlNode& expect_scalar(const SpecText& text, const YamlNode& node, std::string_view name) {
  if (node.is_scalar()) return node;
  throw error_at(place_of(text, node),
                 fmt::format("expected a text for `{}`, found {}", name, node.describe()));
}

}  // namespace kasane::resolver
