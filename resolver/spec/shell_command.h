#pragma once

#include <functional>
#include <map>
#include <string>
#include <vector>

#include "base/error.h"

namespace kasane::resolver {

/// A word of a command, quotes undone and variables replaced.
struct ShellWord {
  std::string text;
  SourcePlace place;
  /// It holds a variable that nobody knows here, or what only a running shell can tell.
  bool is_open = false;
};

/// A simple command: assignments before it, and its words, the first of which is the program.
struct ShellCommand {
  std::vector<ShellWord> assignments;
  std::vector<ShellWord> words;
  SourcePlace place;
};

/// A script, and where its parts stand.
struct ShellScript {
  std::string text;
  std::function<SourcePlace(std::size_t offset, std::size_t length)> place;
};

/// The commands of a script that are joined by `&&`, `;` and line ends. Whatever else a shell knows
/// (pipes, `||`, redirections, conditions, loops, substitutions of commands) is an Error of kind
/// kRefused at its place. Known `variables` are replaced, also by assignments and `export`.
std::vector<ShellCommand> parse_shell(const ShellScript& script,
                                      std::map<std::string, std::string> variables);

/// `text` with `$NAME` and `${NAME}` replaced where the name is known; false when one is not.
bool expand_shell_variables(const std::string& text,
                            const std::map<std::string, std::string>& variables, std::string& out);

}  // namespace kasane::resolver
