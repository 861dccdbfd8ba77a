#include "resolver/spec/shell_command.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <string_view>

#include <fmt/format.h>

namespace kasane::resolver {
namespace {

bool is_name_char(char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_'; }
bool is_blank(char c) { return c == ' ' || c == '\t' || c == '\r'; }

bool is_keyword(std::string_view word) {
  constexpr std::array<std::string_view, 15> kWords = {"if",   "then",  "else",     "elif", "fi",
                                                       "for",  "while", "until",    "do",   "done",
                                                       "case", "esac",  "function", "{",    "}"};
  return std::find(kWords.begin(), kWords.end(), word) != kWords.end();
}

/// A variable at `at`, which is a `$`: its name and where it ends.
struct Reference {
  std::string name;
  std::size_t end = 0;
};

/// No name: a dollar sign alone, or what is more than a name.
Reference read_reference(std::string_view text, std::size_t at) {
  const bool braced = at + 1 < text.size() && text[at + 1] == '{';
  const std::size_t begin = at + (braced ? 2 : 1);
  std::size_t end = begin;
  while (end < text.size() && is_name_char(text[end])) ++end;
  if (end == begin || (braced && (end == text.size() || text[end] != '}'))) return {"", at + 1};
  return {std::string(text.substr(begin, end - begin)), braced ? end + 1 : end};
}

/// Reads a script from its beginning to its end.
class Parser {
 public:
  Parser(const ShellScript& script, std::map<std::string, std::string>& variables)
      : script_(script), text_(script.text), variables_(variables) {}

  std::vector<ShellCommand> parse() {
    while (at_ < text_.size()) {
      const char c = text_[at_];
      if (is_blank(c)) {
        ++at_;
      } else if (c == '\n' || c == ';') {
        end_command();
        ++at_;
      } else if (c == '#') {
        at_ = std::min(text_.find('\n', at_), text_.size());
      } else if (c == '&' && text_.substr(at_).starts_with("&&")) {
        end_command();
        at_ += 2;
      } else {
        read_word();
      }
    }
    end_command();
    return std::move(commands_);
  }

 private:
  Error refused(std::size_t offset, std::size_t length, std::string_view what) const {
    return Error(ErrorKind::kRefused, fmt::format("expected plain commands, found {}", what))
        .hint("write installs as plain commands joined by `&&`")
        .at(script_.place(offset, length));
  }

  void end_command() {
    if (command_.words.empty()) {
      for (const ShellWord& assignment : command_.assignments) assign(assignment.text);
    } else {
      const std::string& program = command_.words.front().text;
      if (program == "export") {
        for (std::size_t i = 1; i < command_.words.size(); ++i) assign(command_.words[i].text);
      }
      command_.place = command_.words.front().place;
      commands_.push_back(std::move(command_));
    }
    command_ = {};
  }

  void assign(const std::string& text) {
    const std::size_t equals = text.find('=');
    if (equals != std::string::npos) variables_[text.substr(0, equals)] = text.substr(equals + 1);
  }

  void read_word() {
    const std::size_t begin = at_;
    std::vector<std::string> parts = {""};
    bool quoted = false;
    bool open = false;
    while (at_ < text_.size()) {
      const char c = text_[at_];
      if (is_blank(c) || c == '\n' || c == ';' || text_.substr(at_).starts_with("&&")) break;
      if (std::string_view("|&<>()`").find(c) != std::string_view::npos) {
        throw refused(at_, 1, fmt::format("`{}`", c));
      }
      if (c == '\'' || c == '"') {
        quoted = true;
        read_quoted(c, parts.back(), open);
      } else if (c == '\\' && at_ + 1 < text_.size()) {
        parts.back() += text_[at_ + 1];
        at_ += 2;
      } else if (c == '$') {
        const std::string value = read_variable(open);
        append_split(value, parts);
      } else {
        parts.back() += c;
        ++at_;
      }
    }
    for (std::string& part : parts) {
      if (part.empty() && !quoted) continue;
      add_word({std::move(part), script_.place(begin, at_ - begin), open});
    }
  }

  /// Values of variables without quotes fall apart into words.
  static void append_split(const std::string& value, std::vector<std::string>& parts) {
    for (const char c : value) {
      if (!is_blank(c) && c != '\n') {
        parts.back() += c;
      } else if (!parts.back().empty()) {
        parts.emplace_back();
      }
    }
  }

  void add_word(ShellWord word) {
    if (command_.words.empty()) {
      const std::size_t equals = word.text.find('=');
      const bool assigns = equals != std::string::npos && equals > 0 &&
                           std::all_of(word.text.begin(),
                                       word.text.begin() + static_cast<long>(equals), is_name_char);
      if (assigns) {
        command_.assignments.push_back(std::move(word));
        return;
      }
      if (is_keyword(word.text)) {
        throw Error(ErrorKind::kRefused,
                    fmt::format("expected plain commands, found `{}`", word.text))
            .hint("write installs as plain commands joined by `&&`")
            .at(word.place);
      }
    }
    command_.words.push_back(std::move(word));
  }

  void read_quoted(char quote, std::string& out, bool& open) {
    const std::size_t begin = at_++;
    while (at_ < text_.size() && text_[at_] != quote) {
      const char c = text_[at_];
      if (quote == '"' && c == '\\' && at_ + 1 < text_.size()) {
        const char next = text_[at_ + 1];
        if (std::string_view("\\\"$`").find(next) == std::string_view::npos) out += c;
        out += next;
        at_ += 2;
      } else if (quote == '"' && c == '$') {
        out += read_variable(open);
      } else if (quote == '"' && c == '`') {
        throw refused(at_, 1, "``` ` ```");
      } else {
        out += c;
        ++at_;
      }
    }
    if (at_ == text_.size()) throw refused(begin, 1, "a quote that is never closed");
    ++at_;
  }

  std::string read_variable(bool& open) {
    const std::size_t begin = at_;
    if (text_.substr(at_).starts_with("$(")) throw refused(at_, 2, "`$(`");
    const std::size_t close = text_.find("}}", at_);
    if (text_.substr(at_).starts_with("${{") && close != std::string_view::npos) {
      // An expression of Azure ML, in a job's command.
      open = true;
      at_ = close + 2;
      return std::string(text_.substr(begin, at_ - begin));
    }
    const Reference reference = read_reference(text_, at_);
    if (reference.name.empty() && text_.substr(at_).starts_with("${")) {
      throw refused(at_, 2, "a substitution that is more than a name");
    }
    at_ = reference.end;
    if (reference.name.empty()) return "$";
    const auto known = variables_.find(reference.name);
    if (known != variables_.end()) return known->second;
    open = true;
    return std::string(text_.substr(begin, at_ - begin));
  }

  const ShellScript& script_;
  std::string_view text_;
  std::map<std::string, std::string>& variables_;
  std::size_t at_ = 0;
  ShellCommand command_;
  std::vector<ShellCommand> commands_;
};

}  // namespace

std::vector<ShellCommand> parse_shell(const ShellScript& script,
                                      std::map<std::string, std::string> variables) {
  return Parser(script, variables).parse();
}

bool expand_shell_variables(const std::string& text,
                            const std::map<std::string, std::string>& variables, std::string& out) {
  bool all_known = true;
  out.clear();
  for (std::size_t i = 0; i < text.size();) {
    if (text[i] != '$') {
      out += text[i++];
      continue;
    }
    const Reference reference = read_reference(text, i);
    const auto known = variables.find(reference.name);
    if (!reference.name.empty() && known != variables.end()) {
      out += known->second;
    } else {
      all_known = all_known && reference.name.empty() && !text.substr(i).starts_with("${");
      out += text.substr(i, reference.end - i);
    }
    i = reference.end;
  }
  return all_known;
}

}  // namespace kasane::resolver
