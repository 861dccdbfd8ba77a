#include "resolver/spec/toml_document.h"

#include <algorithm>
#include <sstream>
#include <utility>

#include <fmt/format.h>
#include <toml++/toml.h>

namespace kasane::resolver {
namespace {

using Position = toml::source_position;

bool comes_before(const TomlNode& a, const TomlNode& b) {
  return std::pair(a.place.line, a.place.column) < std::pair(b.place.line, b.place.column);
}

SourcePlace place_of(const SpecText& text, const toml::node& node, std::string_view content) {
  const Position begin = node.source().begin;
  const int line = static_cast<int>(begin.line);
  const int column = std::max(static_cast<int>(begin.column), 1);
  const std::string_view whole = text.line(line);
  const auto inside = static_cast<std::size_t>(column);
  if (whole.size() > inside && whole.substr(inside).starts_with(content) && !content.empty()) {
    return text.place(line, column + 1, static_cast<int>(content.size()));
  }
  return text.place(line, column);
}

TomlNode convert(const SpecText& text, const toml::node& node) {
  TomlNode out;
  if (const toml::table* table = node.as_table()) {
    out.kind = TomlNode::Kind::kTable;
    for (const auto& [key, value] : *table) {
      out.entries.push_back({std::string(key.str()), convert(text, value)});
    }
    std::stable_sort(out.entries.begin(), out.entries.end(),
                     [](const auto& a, const auto& b) { return comes_before(a.value, b.value); });
  } else if (const toml::array* array = node.as_array()) {
    out.kind = TomlNode::Kind::kArray;
    for (const toml::node& item : *array) out.items.push_back(convert(text, item));
  } else if (const auto* string = node.as_string()) {
    out.text = string->get();
    out.is_string = true;
  } else {
    std::ostringstream stream;
    node.visit([&](const auto& value) {
      if constexpr (toml::is_value<decltype(value)>) stream << std::boolalpha << value.get();
    });
    out.text = stream.str();
  }
  out.place = place_of(text, node, out.text);
  return out;
}

Error unexpected(const TomlNode& node, std::string_view what, std::string_view name) {
  const std::string found = node.is_table()   ? "a table"
                            : node.is_array() ? "an array"
                                              : fmt::format("`{}`", node.text);
  return error_at(node.place, fmt::format("expected {} for `{}`, found {}", what, name, found));
}

}  // namespace

const TomlNode* TomlNode::find(std::initializer_list<std::string_view> path) const {
  const TomlNode* node = this;
  for (const std::string_view key : path) {
    const auto found = std::find_if(node->entries.begin(), node->entries.end(),
                                    [&](const auto& entry) { return entry.name == key; });
    if (found == node->entries.end()) return nullptr;
    node = &found->value;
  }
  return node;
}

TomlNode parse_toml(const SpecText& text) {
  try {
    return convert(text, toml::parse(text.text()));
  } catch (const toml::parse_error& problem) {
    const Position at = problem.source().begin;
    throw error_at(text.place(static_cast<int>(at.line), static_cast<int>(at.column)),
                   fmt::format("not valid TOML: {}", problem.description()));
  }
}

const TomlNode& expect_string(const TomlNode& node, std::string_view name) {
  if (node.is_string) return node;
  throw unexpected(node, "a string", name);
}

const TomlNode& expect_array(const TomlNode& node, std::string_view name) {
  if (node.is_array()) return node;
  throw unexpected(node, "an array", name);
}

const TomlNode& expect_table(const TomlNode& node, std::string_view name) {
  if (node.is_table()) return node;
  throw unexpected(node, "a table", name);
}

}  // namespace kasane::resolver
