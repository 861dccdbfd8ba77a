#include "resolver/conda/match_spec.h"

#include <algorithm>
#include <array>
#include <vector>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "resolver/conda/match_spec_parser.h"

namespace kasane::resolver {
namespace {

constexpr std::array<std::string_view, 8> kFieldOrder = {
    "track_features", "features", "url", "md5", "sha256", "license", "license_family", "fn"};

std::string quoted(std::string_view value) {
  std::string out = "'";
  for (const char c : value) {
    if (c == '\'' || c == '\\') out += '\\';
    out += c;
  }
  return out + "'";
}

std::string bracket(std::string_view key, std::string_view value, std::string_view quoted_for) {
  const bool plain = value.find_first_of(quoted_for) == std::string_view::npos &&
                     value.find_first_of(" \t,='\"[]\\") == std::string_view::npos;
  return fmt::format("{}={}", key, plain ? std::string(value) : quoted(value));
}

/// True when one of the words of `words` (split at spaces and commas) matches.
bool any_word_matches(const StringPattern& pattern, std::string_view words) {
  while (!words.empty()) {
    const std::size_t end = std::min(words.find_first_of(" ,"), words.size());
    if (end > 0 && pattern.matches(words.substr(0, end))) return true;
    words.remove_prefix(std::min(end + 1, words.size()));
  }
  return false;
}

std::string_view field_of(const RecordFields& record, std::string_view key) {
  if (key == "md5") return record.md5;
  if (key == "sha256") return record.sha256;
  if (key == "url") return record.url;
  if (key == "fn") return record.file_name;
  if (key == "license") return record.license;
  if (key == "license_family") return record.license_family;
  if (key == "features") return record.features;
  return record.track_features;
}

/// The version's part of the canonical form: what follows the name, or what goes into brackets.
struct RenderedVersion {
  std::string after_name;
  std::string in_brackets;
  bool exact = false;
};

RenderedVersion render_version(const VersionSpec& spec, bool has_build) {
  const std::string& text = spec.text();
  if (spec.is_any() && text.find_first_of("<>!~|,") == std::string::npos) return {};
  if (text.find_first_of("><$^|,(") != std::string::npos) return {"", text, false};
  if (text.starts_with("!=") || text.starts_with("~=")) {
    if (has_build) return {"", text, false};
    return {text, "", false};
  }
  if (spec.is_exact()) return {text.starts_with("==") ? text : "==" + text, "", true};
  std::string_view stem = text;
  stem.remove_prefix(std::min(stem.find_first_not_of('='), stem.size()));
  const bool dotted = stem.ends_with(".*");
  if (stem.ends_with('*')) stem.remove_suffix(dotted ? 2 : 1);
  if (stem.empty() || stem.find('*') != std::string_view::npos) return {"", text, false};
  return {fmt::format("={}", stem), "", false};
}

}  // namespace

MatchSpec MatchSpec::parse(std::string_view text) { return MatchSpecParser(text).parse(); }

bool MatchSpec::matches(const RecordFields& record) const {
  if (subdir_ && !StringPattern::parse(*subdir_).matches(record.subdir)) return false;
  return name_.matches(record.name) && matches_nameless(record);
}

bool MatchSpec::matches_nameless(const RecordFields& record) const {
  if (version_ && !version_->matches(record.version_key, record.version)) return false;
  if (build_ && !build_->matches(record.build)) return false;
  if (build_number_) {
    const std::string number = std::to_string(record.build_number);
    if (!build_number_->matches(CondaVersion::parse(number))) return false;
  }
  return std::all_of(fields_.begin(), fields_.end(), [&](const auto& field) {
    const auto& [key, pattern] = field;
    const std::string_view value = field_of(record, key);
    const bool words = key == "track_features" || key == "features";
    return words ? any_word_matches(pattern, value) : pattern.matches(value);
  });
}

std::string MatchSpec::render() const {
  std::vector<std::string> brackets;
  std::string out;
  if (channel_) {
    out = *channel_;
    if (subdir_) out += "/" + *subdir_;
    out += "::";
  } else if (subdir_) {
    brackets.push_back(bracket("subdir", *subdir_, ""));
  }
  out += name();
  RenderedVersion version;
  if (version_) version = render_version(*version_, build_ && !build_->is_any());
  out += version.after_name;
  if (!version.in_brackets.empty()) {
    brackets.push_back("version=" + quoted(version.in_brackets));
  }
  if (build_ && !build_->is_any()) {
    const bool after_version = version.exact && build_->is_exact() &&
                               build_->text().find_first_of("=<>!~|,( \t") == std::string::npos;
    if (after_version) {
      out += "=" + build_->text();
    } else {
      brackets.push_back(bracket("build", build_->text(), "><$^|,"));
    }
  }
  if (build_number_) {
    brackets.push_back(bracket("build_number", build_number_->text(), "><!~|"));
  }
  for (const std::string_view key : kFieldOrder) {
    const auto found = fields_.find(key);
    const bool implied = key == "fn" && fields_.contains("url");
    if (found == fields_.end() || implied || (key == "url" && channel_)) continue;
    brackets.push_back(bracket(key, found->second.text(), ""));
  }
  return brackets.empty() ? out : fmt::format("{}[{}]", out, fmt::join(brackets, ","));
}

}  // namespace kasane::resolver
