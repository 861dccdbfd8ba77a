#include "resolver/conda/string_pattern.h"

#include <algorithm>
#include <cctype>

#include <fmt/format.h>
#include <regex.h>

#include "base/error.h"

namespace kasane::resolver {
namespace {

constexpr std::size_t kMaxRegex = 200;

std::string lower(std::string_view text) {
  std::string out(text);
  std::transform(out.begin(), out.end(), out.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return out;
}

Error refuse(std::string_view text, std::string_view why) {
  return Error(ErrorKind::kFailed, fmt::format("the expression `{}` {}", text, why))
      .at({"", 1, 1, std::string(text), static_cast<int>(text.size())});
}

/// From Python's notation to POSIX's: `\d` to `[0-9]`, `(?:` to `(`.
std::string translate(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    const char next = i + 1 < text.size() ? text[i + 1] : '\0';
    if (c == '\\') {
      if (std::isdigit(static_cast<unsigned char>(next)) != 0) {
        throw refuse(text, "holds a back reference");
      }
      out += next == 'd' ? "[0-9]" : next == 'D' ? "[^0-9]" : std::string("\\") + next;
      ++i;
    } else if (c == '(' && next == '?') {
      if (i + 2 >= text.size() || text[i + 2] != ':') throw refuse(text, "looks around");
      out += '(';
      i += 2;
    } else if (c == '{') {
      throw refuse(text, "counts repetitions, which is not supported");
    } else {
      out += c;
    }
  }
  return out;
}

}  // namespace

struct StringPattern::Regex {
  explicit Regex(std::string_view text) {
    if (text.size() > kMaxRegex) throw refuse(text.substr(0, 40), "is too long");
    const std::string posix = translate(text);
    if (regcomp(&compiled, posix.c_str(), REG_EXTENDED | REG_NOSUB | REG_ICASE) != 0) {
      throw refuse(text, "is not a valid regular expression");
    }
  }
  ~Regex() { regfree(&compiled); }
  Regex(const Regex&) = delete;
  Regex& operator=(const Regex&) = delete;

  bool matches(std::string_view field) const {
    const std::string text(field);
    return regexec(&compiled, text.c_str(), 0, nullptr, 0) == 0;
  }

  regex_t compiled;
};

StringPattern StringPattern::parse(std::string_view text) {
  StringPattern out;
  out.text_ = text;
  out.lowered_ = lower(text);
  if (text.starts_with('^') || text.ends_with('$')) {
    if (!text.starts_with('^') || !text.ends_with('$') || text.size() < 2) {
      throw refuse(text, "must begin with `^` and end with `$`");
    }
    out.kind_ = Kind::kRegex;
    out.regex_ = std::make_shared<const Regex>(text);
  } else if (text.find('*') != std::string_view::npos) {
    out.kind_ = Kind::kGlob;
  }
  return out;
}

bool StringPattern::is_any() const {
  return kind_ == Kind::kGlob && text_.find_first_not_of('*') == std::string::npos;
}

bool StringPattern::matches(std::string_view field) const {
  if (kind_ == Kind::kRegex) return regex_->matches(field);
  if (kind_ == Kind::kGlob && is_any()) return true;
  const std::string lowered = lower(field);
  return kind_ == Kind::kExact ? lowered == lowered_ : glob_matches(lowered_, lowered);
}

bool glob_matches(std::string_view glob, std::string_view field) {
  std::size_t g = 0;
  std::size_t f = 0;
  std::size_t star = std::string_view::npos;
  std::size_t retry = 0;
  while (f < field.size()) {
    if (g < glob.size() && glob[g] == '*') {
      star = g++;
      retry = f;
    } else if (g < glob.size() && glob[g] == field[f]) {
      ++g;
      ++f;
    } else if (star != std::string_view::npos) {
      g = star + 1;
      f = ++retry;
    } else {
      return false;
    }
  }
  return glob.find_first_not_of('*', g) == std::string_view::npos;
}

}  // namespace kasane::resolver
