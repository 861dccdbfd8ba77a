#include "resolver/spec/recognise.h"

#include <cctype>

#include "base/text.h"
#include "resolver/lock/explicit_list.h"
#include "resolver/spec/dockerfile_lines.h"
#include "resolver/spec/setup_script.h"

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

/// `[table]`, or `key = "value"`, which no requirement looks like.
bool begins_toml(std::string_view line) {
  if (line.starts_with('[')) return true;
  const std::size_t equals = line.find('=');
  if (equals == std::string_view::npos) return false;
  const std::string_view value = trim(line.substr(equals + 1));
  return value.starts_with('"') || value.starts_with('\'') || value.starts_with('[') ||
         value.starts_with('{');
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
  if (is_explicit_list(text.text())) return TextForm::kExplicitList;
  if (line.starts_with("{") || line.starts_with("//") || line.starts_with("/*")) {
    return TextForm::kJson;
  }
  if (is_dockerfile(text)) return TextForm::kDockerfile;
  if (is_setup_script(text)) return TextForm::kScript;
  if (begins_toml(line)) return TextForm::kToml;
  return begins_yaml(line) ? TextForm::kYaml : TextForm::kRequirements;
}

}  // namespace kasane::resolver
