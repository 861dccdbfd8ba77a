#include "resolver/spec/setup_script.h"

#include <algorithm>
#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <fmt/format.h>

#include "base/text.h"
#include "resolver/spec/install_command.h"
#include "resolver/spec/joined_line.h"
#include "resolver/spec/shell_command.h"

namespace kasane::resolver {
namespace {

using Words = std::span<const ShellWord>;

std::string_view first_word(std::string_view line) {
  return line.substr(0, line.find_first_of(" \t;&|"));
}

bool mentions_install(std::string_view line) {
  constexpr std::array<std::string_view, 6> kInstalls = {"pip install",      "pip3 install",
                                                         "conda install",    "conda env create",
                                                         "conda env update", "conda create"};
  return std::any_of(kInstalls.begin(), kInstalls.end(), [&](std::string_view install) {
    return line.find(install) != std::string_view::npos;
  });
}

/// How a line changes the depth of conditions, loops and functions.
int depth_change(std::string_view line) {
  const std::string_view word = first_word(line);
  if (word == "fi" || word == "done" || word == "esac" || word == "}") return -1;
  const bool opens = word == "if" || word == "for" || word == "while" || word == "until" ||
                     word == "case" || word == "function" || line.ends_with("{");
  if (!opens) return 0;
  const bool closes = line.ends_with("fi") || line.ends_with("done") || line.ends_with("esac") ||
                      line.ends_with("}");
  return closes ? 0 : 1;
}

/// The word that ends a here-document which a line begins.
std::optional<std::string> here_document(std::string_view line) {
  const std::size_t at = line.find("<<");
  if (at == std::string_view::npos || line.substr(at).starts_with("<<<")) return std::nullopt;
  std::string word;
  for (const char c : line.substr(at + 2)) {
    if (c == '-' || c == '\'' || c == '"' || (c == ' ' && word.empty())) continue;
    if (std::string_view(" ;|>&)").find(c) != std::string_view::npos) break;
    word += c;
  }
  if (word.empty()) return std::nullopt;
  return word;
}

/// Takes installs out of the lines of a script, one after another.
class Reader {
 public:
  Reader(const Path& directory, ReadingContext& context)
      : find_file_(files_in(directory, context.reading().files)), context_(context) {}

  bool has_installs() const { return has_installs_; }

  void read(const ShellScript& line) {
    const std::string_view content = trim(line.text);
    if (here_) {
      if (content == *here_) here_.reset();
      return;
    }
    here_ = here_document(content);
    if (content.empty() || content.starts_with('#')) return;
    const int change = depth_change(content);
    if (change == 0 && depth_ == 0) {
      read_commands(line);
    } else if (mentions_install(content)) {
      note(line, "it runs under a condition or in a loop");
    }
    depth_ = std::max(0, depth_ + change);
  }

 private:
  void note(const ShellScript& line, std::string_view why) {
    context_.warn(line.place(0, line.text.size()), "install-not-taken",
                  fmt::format("the install is left to the script: {}", why));
  }

  void read_commands(const ShellScript& line) {
    std::vector<ShellCommand> commands;
    try {
      commands = parse_shell(line, {});
    } catch (const Error& error) {
      if (error.kind() != ErrorKind::kRefused) throw;
      if (mentions_install(line.text)) note(line, error.message());
      return;
    }
    for (const ShellCommand& command : commands) {
      Words words = command.words;
      if (words.front().text == "sudo") words = words.subspan(1);
      if (!words.empty()) read_command(words, line);
    }
  }

  void read_command(Words words, const ShellScript& line) {
    const std::string_view program =
        std::string_view(words[0].text).substr(words[0].text.rfind('/') + 1);
    const auto is = [&](std::size_t i, std::string_view text) {
      return i < words.size() && words[i].text == text;
    };
    std::size_t pip_arguments = 0;
    if ((program == "pip" || program == "pip3") && is(1, "install")) pip_arguments = 2;
    if (program.starts_with("python") && is(1, "-m") && is(2, "pip") && is(3, "install")) {
      pip_arguments = 4;
    }
    const bool conda = (program == "conda" || program == "mamba") &&
                       (is(1, "install") || is(1, "create") ||
                        (is(1, "env") && (is(2, "create") || is(2, "update"))));
    if (pip_arguments == 0 && !conda) return;
    if (std::any_of(words.begin(), words.end(), [](const ShellWord& w) { return w.is_open; })) {
      note(line, "it holds a variable");
      return;
    }
    has_installs_ = true;
    if (conda) {
      read_conda_install(words.subspan(1), find_file_, context_);
    } else {
      read_pip_install(words.subspan(pip_arguments), find_file_, context_);
    }
  }

  FindFile find_file_;
  ReadingContext& context_;
  int depth_ = 0;
  std::optional<std::string> here_;
  bool has_installs_ = false;
};

}  // namespace

bool is_setup_script(const SpecText& text) {
  const std::string_view first = text.line(1);
  if (first.starts_with("#!") || first.starts_with("#/bin/")) {
    return first.find("sh") != std::string_view::npos;
  }
  constexpr std::array<std::string_view, 12> kPrograms = {"set",  "export", "echo",    "source",
                                                          "cd",   "conda",  "pip",     "pip3",
                                                          "sudo", "bash",   "apt-get", "az"};
  for (int number = 1; number <= text.line_count(); ++number) {
    const std::string_view line = trim(text.line(number));
    if (line.empty() || line.starts_with('#')) continue;
    const std::string_view word = first_word(line);
    return word.size() < line.size() && line[word.size()] == ' ' &&
           std::string_view("=<>~!;@[(#").find(trim(line.substr(word.size()))[0]) ==
               std::string_view::npos &&
           std::find(kPrograms.begin(), kPrograms.end(), word) != kPrograms.end();
  }
  return false;
}

void read_setup_script(const SpecText& text, ReadingContext& context) {
  Reader reader(Path(text.file_name()).parent_path(), context);
  JoinedLine joined(text);
  for (int number = 1; number <= text.line_count(); ++number) {
    const std::string_view line = text.line(number);
    const bool continued = line.ends_with('\\') && number < text.line_count();
    joined.append(continued ? line.substr(0, line.size() - 1) : line, number);
    if (continued) continue;
    reader.read(
        {joined.joined(), [&](auto offset, auto length) { return joined.place(offset, length); }});
    joined = JoinedLine(text);
  }
  if (reader.has_installs()) return;
  throw text.error("the script installs nothing that could be taken up")
      .hint("`pip install` and `conda install` lines are taken up that run unconditionally");
}

void read_job_command(const SpecText& text, const YamlNode& command, ReadingContext& context) {
  if (!command.is_scalar() || !mentions_install(command.text)) return;
  Reader reader(Path(text.file_name()).parent_path(), context);
  for (std::string_view rest = command.text; !rest.empty();) {
    const std::string_view line = rest.substr(0, rest.find('\n'));
    const auto begin = static_cast<std::size_t>(line.data() - command.text.data());
    reader.read({std::string(line), [&](std::size_t offset, std::size_t length) {
                   return place_in(text, command, begin + offset, static_cast<int>(length));
                 }});
    rest.remove_prefix(std::min(line.size() + 1, rest.size()));
  }
}

}  // namespace kasane::resolver
