#include "resolver/spec/pip_requirement_text.h"

#include <algorithm>
#include <array>
#include <cctype>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "base/error.h"
#include "base/text.h"
#include "resolver/pypi/distribution_name.h"
#include "resolver/spec/spec_text.h"

namespace kasane::resolver {
namespace {

constexpr std::array<std::string_view, 8> kOperators = {
    "===", "~=", "==", "!=", "<=", ">=", "<", ">"};
constexpr std::array<std::string_view, 8> kArchives = {".whl",     ".zip",    ".tar.gz", ".tgz",
                                                       ".tar.bz2", ".tar.xz", ".tar",    ".tbz"};

bool is_word(char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0; }
bool is_name_char(char c) { return is_word(c) || c == '-' || c == '_' || c == '.'; }
bool is_operator_char(char c) { return c == '=' || c == '<' || c == '>' || c == '!' || c == '~'; }

/// `a - b` and quotes within markers have one form: words separated by one space, double quotes.
std::string canonical_marker(std::string_view marker) {
  std::string out;
  const auto space = [&] {
    if (!out.empty() && out.back() != ' ' && out.back() != '(') out += ' ';
  };
  for (std::size_t i = 0; i < marker.size();) {
    const char c = marker[i];
    if (c == '"' || c == '\'') {
      const std::size_t close = std::min(marker.find(c, i + 1), marker.size() - 1);
      const std::string_view inside = marker.substr(i + 1, close - i - 1);
      const char quote = inside.find('"') == std::string_view::npos ? '"' : '\'';
      space();
      out += quote;
      out += inside;
      out += quote;
      i = close + 1;
    } else if (std::isspace(static_cast<unsigned char>(c)) != 0) {
      ++i;
    } else if (c == '(') {
      space();
      out += c;
      ++i;
    } else if (c == ')') {
      out += c;
      ++i;
    } else {
      const bool op = is_operator_char(c);
      const std::size_t start = i;
      while (i < marker.size() && is_operator_char(marker[i]) == op &&
             std::string_view(" \t()\"'").find(marker[i]) == std::string_view::npos) {
        ++i;
      }
      space();
      out += marker.substr(start, i - start);
    }
  }
  return out;
}

/// Reads one text from its beginning to its end.
class Parser {
 public:
  explicit Parser(std::string_view text) : text_(text) {}

  PipRequirementText parse() {
    if (is_pip_location(text_)) {
      out_.location = std::string(trim(text_));
      return std::move(out_);
    }
    read_name();
    skip_space();
    if (peek() == '[') read_extras();
    skip_space();
    if (peek() == '@') {
      read_url();
    } else {
      read_specifiers();
    }
    read_marker();
    return std::move(out_);
  }

 private:
  char peek() const { return at_ < text_.size() ? text_[at_] : '\0'; }
  void skip_space() {
    while (peek() == ' ' || peek() == '\t') ++at_;
  }
  Error error(std::size_t begin, std::size_t length, std::string message) const {
    const int shown = static_cast<int>(std::max<std::size_t>(1, length));
    return error_at({"", 1, static_cast<int>(begin) + 1, "", shown}, std::move(message));
  }

  void read_name() {
    while (is_name_char(peek())) ++at_;
    out_.name = std::string(text_.substr(0, at_));
    const bool good = !out_.name.empty() && is_word(out_.name.front()) && is_word(out_.name.back());
    const bool ends = at_ == text_.size() ||
                      std::string_view(" \t[@;(=<>!~,").find(peek()) != std::string_view::npos;
    if (good && ends) return;
    throw error(0, text_.size(), fmt::format("expected a requirement, found `{}`", text_))
        .hint(
            "write `NAME`, `NAME==VERSION`, `NAME @ URL`, a URL, or a path that begins with `./`");
  }

  void read_extras() {
    const std::size_t open = at_++;
    const std::size_t close = text_.find(']', open);
    if (close == std::string_view::npos) {
      throw error(open, 1, fmt::format("expected `]` after the extras in `{}`", text_));
    }
    std::string_view rest = text_.substr(open + 1, close - open - 1);
    at_ = close + 1;
    if (trim(rest).empty()) return;
    for (;;) {
      const std::size_t comma = rest.find(',');
      const std::string_view extra = trim(rest.substr(0, comma));
      if (extra.empty() || !std::all_of(extra.begin(), extra.end(), is_name_char)) {
        throw error(open, close + 1 - open,
                    fmt::format("expected names of extras, found `{}`",
                                text_.substr(open, close + 1 - open)));
      }
      out_.extras.emplace_back(extra);
      if (comma == std::string_view::npos) return;
      rest.remove_prefix(comma + 1);
    }
  }

  /// PEP 508: a marker after a URL needs a space before its semicolon.
  void read_url() {
    const std::size_t at = at_++;
    skip_space();
    const std::size_t end = std::min(text_.find_first_of(" \t", at_), text_.size());
    out_.location = std::string(text_.substr(at_, end - at_));
    if (out_.location.empty()) {
      throw error(at, 1, fmt::format("expected a URL after `@` in `{}`", text_));
    }
    at_ = end;
  }

  void read_specifiers() {
    const bool parenthesised = peek() == '(';
    const std::size_t open = at_;
    if (parenthesised) ++at_;
    skip_space();
    while (at_ < text_.size() && peek() != ';' && peek() != ')') {
      read_specifier();
      skip_space();
      if (peek() != ',') break;
      ++at_;
      skip_space();
    }
    if (!parenthesised) return;
    if (peek() != ')') throw error(open, 1, fmt::format("expected `)` in `{}`", text_));
    ++at_;
  }

  void read_specifier() {
    const std::size_t begin = at_;
    while (is_operator_char(peek())) ++at_;
    const std::string_view op = text_.substr(begin, at_ - begin);
    skip_space();
    const std::size_t start = at_;
    while (at_ < text_.size() &&
           std::string_view(" \t,;)").find(peek()) == std::string_view::npos) {
      if (op != "===" && is_operator_char(peek())) break;
      ++at_;
    }
    const std::string_view version = text_.substr(start, at_ - start);
    if (std::find(kOperators.begin(), kOperators.end(), op) == kOperators.end()) {
      throw unknown_operator(begin, op, version);
    }
    if (version.empty()) {
      throw error(begin, op.size(),
                  fmt::format("expected a version after `{}` in `{}`", op, text_));
    }
    out_.specifiers.push_back(fmt::format("{}{}", op, version));
  }

  Error unknown_operator(std::size_t begin, std::string_view op, std::string_view version) const {
    if (op.empty()) {
      Error plain = error(begin, text_.size() - begin,
                          fmt::format("expected a version operator in `{}`, found `{}`", text_,
                                      text_.substr(begin)));
      if (out_.name == "r" || out_.name == "c" || out_.name == "e") {
        return std::move(plain).hint(fmt::format("write `-{}`", text_));
      }
      const bool numeric = !version.empty() && std::isdigit(static_cast<unsigned char>(version[0]));
      if (!numeric) return std::move(plain).hint("put each requirement on a line of its own");
      return std::move(plain).hint(fmt::format("write `{}=={}`", out_.name, version));
    }
    std::string_view right;
    if (op == "=") right = "==";
    if (op == "=>") right = ">=";
    if (op == "=<") right = "<=";
    if (op == "=~" || op == "~") right = "~=";
    if (op == "!") right = "!=";
    if (op == "<>") right = "!=";
    Error error = this->error(begin, op.size(),
                              fmt::format("unknown version operator `{}` in `{}`", op, text_));
    if (right.empty()) return error;
    std::string mended(text_);
    mended.replace(begin, op.size(), right);
    const std::string_view why = op == "=" ? ": pip knows no single `=`" : "";
    return std::move(error).hint(fmt::format("write `{}`{}", mended, why));
  }

  void read_marker() {
    skip_space();
    if (at_ == text_.size()) return;
    if (peek() != ';') {
      const std::string_view rest = text_.substr(at_);
      throw error(at_, rest.size(),
                  fmt::format("expected `,`, `;` or the end of the requirement, found `{}`", rest))
          .hint(is_operator_char(peek()) ? fmt::format("put a comma before `{}`", rest)
                                         : "put each requirement on a line of its own");
    }
    out_.marker = std::string(trim(text_.substr(at_ + 1)));
    if (out_.marker.empty()) {
      throw error(at_, 1, fmt::format("expected a marker after `;` in `{}`", text_));
    }
  }

  std::string_view text_;
  std::size_t at_ = 0;
  PipRequirementText out_;
};

bool has_scheme(std::string_view text) {
  const std::size_t colon = text.find(':');
  if (colon == std::string_view::npos || colon == 0) return false;
  const std::string_view scheme = text.substr(0, colon);
  if (!std::all_of(scheme.begin(), scheme.end(),
                   [](char c) { return is_word(c) || c == '+' || c == '-' || c == '.'; })) {
    return false;
  }
  return text.substr(colon).starts_with("://") || scheme == "file";
}

}  // namespace

bool is_pip_location(std::string_view text) {
  text = trim(text);
  if (has_scheme(text)) return true;
  for (const std::string_view vcs : {"git+", "hg+", "svn+", "bzr+"}) {
    if (text.starts_with(vcs)) return true;
  }
  if (text.starts_with('.') || text.starts_with('/') || text.starts_with('~')) return true;
  const std::string_view head = text.substr(0, text.find_first_of(" \t;[@=<>!~"));
  if (head.find_first_of("/\\") != std::string_view::npos) return true;
  return std::any_of(kArchives.begin(), kArchives.end(),
                     [&](std::string_view ending) { return head.ends_with(ending); });
}

PipRequirementText PipRequirementText::parse(std::string_view text) { return Parser(text).parse(); }

std::string PipRequirementText::render_canonical() const {
  if (name.empty()) return location;
  std::string out = pypi::normalise_name(name);
  std::vector<std::string> sorted;
  for (const std::string& extra : extras) sorted.push_back(pypi::normalise_name(extra));
  std::sort(sorted.begin(), sorted.end());
  if (!sorted.empty()) out += fmt::format("[{}]", fmt::join(sorted, ","));
  sorted = specifiers;
  std::sort(sorted.begin(), sorted.end());
  out += fmt::format("{}", fmt::join(sorted, ","));
  if (!location.empty()) out += " @ " + location;
  if (!marker.empty()) out += " ; " + canonical_marker(marker);
  return out;
}

}  // namespace kasane::resolver
