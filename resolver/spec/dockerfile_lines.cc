#include "resolver/spec/dockerfile_lines.h"

#include <algorithm>
#include <cctype>

#include <fmt/format.h>

#include "base/text.h"

namespace kasane::resolver {
namespace {

std::string to_upper(std::string_view text) {
  std::string out(text);
  std::transform(out.begin(), out.end(), out.begin(),
                 [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
  return out;
}

std::string_view first_word(std::string_view line) {
  return line.substr(0, line.find_first_of(" \t"));
}

bool is_word(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(),
                                      [](unsigned char c) { return std::isalpha(c) != 0; });
}

DockerInstruction read_instruction(const JoinedLine& line) {
  const std::string& whole = line.joined();
  const std::string_view content = trim(whole);
  const std::string_view name = first_word(content);
  if (!is_word(name)) {
    throw error_at(line.place(static_cast<std::size_t>(content.data() - whole.data()), name.size()),
                   fmt::format("expected an instruction of a Dockerfile, found `{}`", name));
  }
  const std::string_view rest = trim(content.substr(name.size()));
  const std::size_t offset =
      rest.empty() ? whole.size() : static_cast<std::size_t>(rest.data() - whole.data());
  return {to_upper(name), std::string(rest), offset, line};
}

/// `# escape=` names another character than the backslash.
void refuse_escape(const SpecText& text) {
  for (int number = 1; number <= text.line_count(); ++number) {
    const std::string_view line = trim(text.line(number));
    if (!line.starts_with('#')) return;
    std::string directive = lower(line.substr(1));
    std::erase(directive, ' ');
    if (!directive.starts_with("escape=") || directive == "escape=\\") continue;
    throw error_at(text.place_of_line(number), "expected a backslash to continue lines")
        .hint("remove the directive, and end continued lines in `\\`");
  }
}

}  // namespace

SourcePlace DockerInstruction::place() const {
  const std::string& whole = line.joined();
  const std::size_t begin = std::min(whole.find_first_not_of(" \t"), whole.size());
  const std::size_t end = whole.find_last_not_of(" \t\r") + 1;
  return line.place(begin, end > begin ? end - begin : 1);
}

std::vector<DockerInstruction> split_dockerfile(const SpecText& text) {
  refuse_escape(text);
  std::vector<DockerInstruction> instructions;
  JoinedLine joined(text);
  const auto flush = [&] {
    if (!joined.empty() && !trim(joined.joined()).empty()) {
      instructions.push_back(read_instruction(joined));
    }
    joined = JoinedLine(text);
  };
  for (int number = 1; number <= text.line_count(); ++number) {
    const std::string_view line = text.line(number);
    const std::string_view content = trim(line);
    // Comments and empty lines within a continued instruction vanish.
    if (content.starts_with('#') || (content.empty() && !joined.empty())) continue;
    const bool continued = content.ends_with('\\');
    const std::size_t end = static_cast<std::size_t>(content.data() - line.data()) + content.size();
    joined.append(line.substr(0, continued ? end - 1 : line.size()), number);
    if (!continued) flush();
  }
  flush();
  return instructions;
}

bool is_dockerfile(const SpecText& text) {
  for (int number = 1; number <= text.line_count(); ++number) {
    const std::string_view line = trim(text.line(number));
    if (line.empty() || line.starts_with('#')) continue;
    const std::string name = to_upper(first_word(line));
    return (name == "FROM" || name == "ARG") && line.size() > name.size();
  }
  return false;
}

}  // namespace kasane::resolver
