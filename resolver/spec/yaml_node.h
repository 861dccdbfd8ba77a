#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "resolver/spec/spec_text.h"

namespace kasane::resolver {

struct YamlEntry;

/// A value of a YAML document, with its place. Scalars are not typed: `1.10` stays `1.10`.
struct YamlNode {
  enum class Kind { kNull, kScalar, kSequence, kMap };

  Kind kind = Kind::kNull;
  /// Of a scalar: quotes and escapes undone.
  std::string text;
  /// Where it begins, quote included; columns count bytes.
  int line = 0;
  int column = 0;
  /// How many bytes of its line it takes; 1 where it takes more than one line.
  int length = 1;
  /// Where the text begins within the line, when it stands there as it is; otherwise 0.
  int text_column = 0;
  std::vector<YamlNode> items;
  std::vector<YamlEntry> entries;

  bool is_null() const { return kind == Kind::kNull; }
  bool is_scalar() const { return kind == Kind::kScalar; }
  bool is_sequence() const { return kind == Kind::kSequence; }
  bool is_map() const { return kind == Kind::kMap; }
  /// The value of a key of a map; nullptr when it is not there or this is no map.
  const YamlNode* find(std::string_view key) const;
  const YamlEntry* find_entry(std::string_view key) const;
  /// `a map`, `a list`, `nothing`, or the text in backticks.
  std::string describe() const;
};

struct YamlEntry {
  YamlNode key;
  YamlNode value;
};

/// The only document of a YAML text. Aliases are replaced by what they stand for, `<<` merges.
/// Errors are of kind kFailed: what is not YAML, a key that comes twice, a second document.
YamlNode parse_yaml(const SpecText& text);

SourcePlace place_of(const SpecText& text, const YamlNode& node);
/// Of a part of a scalar's text.
SourcePlace place_in(const SpecText& text, const YamlNode& node, std::size_t offset, int length);

/// The value as a map, a list, a scalar, or an Error that says what `name` was expected to be.
const YamlNode& expect_map(const SpecText& text, const YamlNode& node, std::string_view name);
const YamlNode& expect_scalar(const SpecText& text, const YamlNode& node, std::string_view name);

}  // namespace kasane::resolver
