#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "resolver/spec/spec_text.h"

namespace kasane::resolver {

struct TomlEntry;

/// A value of a TOML document, with its place. Numbers and truth values are kept as texts.
struct TomlNode {
  enum class Kind { kScalar, kArray, kTable };

  Kind kind = Kind::kScalar;
  std::string text;
  bool is_string = false;
  SourcePlace place;
  std::vector<TomlNode> items;
  /// In the order of the file.
  std::vector<TomlEntry> entries;

  bool is_table() const { return kind == Kind::kTable; }
  bool is_array() const { return kind == Kind::kArray; }
  /// The value at a path of keys; nullptr where there is none.
  const TomlNode* find(std::initializer_list<std::string_view> path) const;
  const TomlNode* find(std::string_view key) const { return find({key}); }
  bool is_true() const { return !is_string && text == "true"; }
};

struct TomlEntry {
  std::string name;
  TomlNode value;
};

/// The root table of a TOML text. What is not TOML is an Error of kind kFailed at its place.
TomlNode parse_toml(const SpecText& text);

/// The value as a string, an array or a table, or an Error that says what `name` was expected to
/// be.
const TomlNode& expect_string(const TomlNode& node, std::string_view name);
const TomlNode& expect_array(const TomlNode& node, std::string_view name);
const TomlNode& expect_table(const TomlNode& node, std::string_view name);

}  // namespace kasane::resolver
