#include "resolver/spec/spec_template.h"

#include <optional>
#include <string_view>

#include <fmt/format.h>

#include "base/text.h"

namespace kasane::resolver {
namespace {

/// A template within a line.
struct Template {
  std::size_t begin = 0;
  std::size_t end = 0;
  std::string_view name;
};

std::string_view before_comment(std::string_view line) {
  for (std::size_t i = line.find('#'); i != std::string_view::npos; i = line.find('#', i + 1)) {
    if (i == 0 || line[i - 1] == ' ' || line[i - 1] == '\t') return line.substr(0, i);
  }
  return line;
}

std::optional<Template> find_template(std::string_view line, std::size_t from) {
  for (std::size_t i = line.find("{{", from); i != std::string_view::npos;
       i = line.find("{{", i + 2)) {
    if (i > 0 && line[i - 1] == '$') continue;
    const std::size_t close = line.find("}}", i + 2);
    if (close == std::string_view::npos) return std::nullopt;
    return Template{i, close + 2, trim(line.substr(i + 2, close - i - 2))};
  }
  return std::nullopt;
}

Error unfilled(SourcePlace place, std::string_view name) {
  return error_at(std::move(place), fmt::format("the template `{{{{{}}}}}` has no value", name))
      .hint(fmt::format("give it one with `--set '{}=VALUE'`", name));
}

Error statement(SourcePlace place) {
  return error_at(std::move(place), "expected a plain file, found a template's statement `{%`")
      .hint("render the template first");
}

}  // namespace

SpecText fill_templates(const SpecText& text, const std::map<std::string, std::string>& settings) {
  if (settings.empty() || text.text().find("{{") == std::string_view::npos) return text;
  std::string out;
  for (int number = 1; number <= text.line_count(); ++number) {
    const std::string_view line = text.line(number);
    const std::string_view active = before_comment(line);
    std::size_t done = 0;
    std::size_t from = 0;
    while (const auto found = find_template(active, from)) {
      from = found->end;
      const auto setting = settings.find(std::string(found->name));
      if (setting == settings.end()) continue;
      out += line.substr(done, found->begin - done);
      out += setting->second;
      done = found->end;
    }
    out += line.substr(done);
    out += '\n';
  }
  return {text.file_name(), std::move(out)};
}

void refuse_templates(const SpecText& text) {
  if (text.text().find('{') == std::string_view::npos) return;
  for (int number = 1; number <= text.line_count(); ++number) {
    const std::string_view line = before_comment(text.line(number));
    if (const auto found = find_template(line, 0)) {
      throw unfilled(text.place(number, static_cast<int>(found->begin) + 1,
                                static_cast<int>(found->end - found->begin)),
                     found->name);
    }
    const std::size_t opened = line.find("{%");
    if (opened != std::string_view::npos && line.find("%}", opened) != std::string_view::npos) {
      throw statement(text.place(number, static_cast<int>(opened) + 1, 2));
    }
  }
}

void refuse_templates(const SpecText& text, const YamlNode& node) {
  if (const auto found = find_template(node.text, 0)) {
    throw unfilled(place_in(text, node, found->begin, static_cast<int>(found->end - found->begin)),
                   found->name);
  }
  for (const YamlNode& item : node.items) refuse_templates(text, item);
  for (const YamlEntry& entry : node.entries) refuse_templates(text, entry.value);
}

}  // namespace kasane::resolver
