#include "builder/package/entry_point.h"

#include <algorithm>

#include <fmt/format.h>

#include "base/archive/entry_path.h"
#include "base/error.h"
#include "base/text.h"
#include "builder/package/shebang.h"

namespace kasane::builder {
namespace {

constexpr std::string_view kBlanks = " \t\r\f\v";

bool is_identifier_character(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
         static_cast<unsigned char>(c) >= 0x80;
}

bool is_dotted_identifier(std::string_view text) {
  bool at_start = true;
  for (const char c : text) {
    if (c == '.' ? at_start : !is_identifier_character(c)) return false;
    if (at_start && c >= '0' && c <= '9') return false;
    at_start = c == '.';
  }
  return !at_start;
}

bool is_command_name(std::string_view name) {
  try {
    return normalise_entry_path(name) == name && name.find('/') == std::string_view::npos;
  } catch (const Error&) {
    return false;
  }
}

/// Calls `take(line)` for every line without its end.
template <class Take>
void for_each_line(std::string_view text, const Take& take) {
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    take(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
}

void put(std::vector<EntryPoint>& entry_points, EntryPoint entry_point) {
  const auto same =
      std::find_if(entry_points.begin(), entry_points.end(),
                   [&](const EntryPoint& other) { return other.name == entry_point.name; });
  if (same == entry_points.end()) {
    entry_points.push_back(std::move(entry_point));
  } else {
    *same = std::move(entry_point);
  }
}

}  // namespace

EntryPoint EntryPoint::parse(std::string_view text) {
  const auto fail = [&] {
    return Error(
        ErrorKind::kIntegrity,
        fmt::format("entry point `{}`, expected `name = module:function`", printable_name(text)));
  };
  const std::size_t equals = text.find('=');
  if (equals == std::string_view::npos) throw fail();
  EntryPoint entry_point;
  entry_point.name = trim(text.substr(0, equals), kBlanks);
  std::string_view object = trim(text.substr(equals + 1), kBlanks);
  if (object.ends_with(']')) {
    const std::size_t bracket = object.find('[');
    if (bracket == std::string_view::npos) throw fail();
    entry_point.extras = trim(object.substr(bracket + 1, object.size() - bracket - 2));
    object = trim(object.substr(0, bracket), kBlanks);
  }
  const std::size_t colon = object.find(':');
  if (colon == std::string_view::npos) throw fail();
  entry_point.module = trim(object.substr(0, colon), kBlanks);
  entry_point.attribute = trim(object.substr(colon + 1), kBlanks);
  if (!is_command_name(entry_point.name) || !is_dotted_identifier(entry_point.module) ||
      !is_dotted_identifier(entry_point.attribute)) {
    throw fail();
  }
  return entry_point;
}

std::string EntryPoint::render() const {
  const std::string plain = fmt::format("{} = {}:{}", name, module, attribute);
  return extras.empty() ? plain : fmt::format("{} [{}]", plain, extras);
}

std::string EntryPoint::launcher(std::string_view python) const {
  const std::string_view imported = std::string_view(attribute).substr(0, attribute.find('.'));
  return python_shebang(python) +
         fmt::format(
             "import sys\n\nfrom {} import {}\n\nif __name__ == \"__main__\":\n"
             "    sys.exit({}())\n",
             module, imported, attribute);
}

std::vector<EntryPoint> parse_entry_points(std::string_view text) {
  std::vector<EntryPoint> console;
  std::vector<EntryPoint> gui;
  std::vector<EntryPoint>* section = nullptr;
  for_each_line(text, [&](std::string_view raw) {
    const std::string_view line = trim(raw, kBlanks);
    if (line.empty() || line.front() == '#' || line.front() == ';') return;
    if (line.front() == '[' && line.back() == ']') {
      const std::string_view name = trim(line.substr(1, line.size() - 2));
      section = name == "console_scripts" ? &console : name == "gui_scripts" ? &gui : nullptr;
    } else if (section != nullptr) {
      put(*section, EntryPoint::parse(line));
    }
  });
  for (const EntryPoint& entry_point : gui) put(console, entry_point);
  return console;
}

}  // namespace kasane::builder
