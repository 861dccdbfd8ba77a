#include "resolver/spec/recognise.h"

#include <cctype>

namespace kasane::resolver {
namespace {

/// `key:` or `key: value`, also with the key in quotes.
bool begins_yaml(std::string_view line) {
  if (line == "---" || line.starts_with("--- ") || line.starts_with("%YAML")) return true;
  if (line.starts_with("- ") || line == "-") return true;
  const std::size_t colon = line.find(':');
  if (colon == std::string_view::npos || colon == 0) return false;
  if (colon + 1 < line.size() && line[colon + 1] != ' ' && line[colon + 1] != '\t') return false;
  for (const char c : line.substr(0, colon)) {
    const bool word = std::isalnum(static_cast<unsigned char>(c)) != 0;
    if (!word && std::string_view("_-$.\"' ").find(c) == std::string_view::npos) return false;
  }
  return true;
}

std::string_view first_line(const SpecText& text) {
  for (int number = 1; number <= text.line_count(); ++number) {
    const std::string_view line = trim(text.line(number));
    if (!line.empty() && !line.starts_with('#')) return line;
  }
  return {};
}

}  // namespace

TextForm recognise(const SpecText& text) {
  const std::string_view line = first_line(text);
  return begins_yaml(line) ? TextForm::kYaml : TextForm::kRequirements;
}

}  // namespace kasane::resolver
