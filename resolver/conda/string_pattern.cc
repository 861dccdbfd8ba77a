#include "resolver/conda/string_pattern.h"

#include <cstdint>

#include <fmt/format.h>
#include <re2/re2.h>

#include "base/error.h"
#include "base/text.h"

namespace kasane::resolver {
namespace {

constexpr std::size_t kMaxRegex = 200;
constexpr std::int64_t kMaxRegexMemory = 1 << 20;

Error refuse(std::string_view text, std::string_view why) {
  return Error(ErrorKind::kFailed, fmt::format("the expression `{}` {}", text, why))
      .at({"", 1, 1, std::string(text), static_cast<int>(text.size())});
}

std::shared_ptr<const re2::RE2> compile(std::string_view text) {
  if (text.size() > kMaxRegex) throw refuse(text.substr(0, 40), "is too long");
  re2::RE2::Options options;
  options.set_log_errors(false);
  options.set_case_sensitive(false);
  options.set_max_mem(kMaxRegexMemory);
  auto out = std::make_shared<const re2::RE2>(re2::StringPiece(text.data(), text.size()), options);
  if (!out->ok()) throw refuse(text, fmt::format("is not understood: {}", out->error()));
  return out;
}

}  // namespace

StringPattern StringPattern::parse(std::string_view text) {
  StringPattern out;
  out.text_ = text;
  out.lowered_ = lower(text);
  if (text.starts_with('^') || text.ends_with('$')) {
    if (!text.starts_with('^') || !text.ends_with('$') || text.size() < 2) {
      throw refuse(text, "must begin with `^` and end with `$`");
    }
    out.kind_ = Kind::kRegex;
    out.regex_ = compile(text);
  } else if (text.find('*') != std::string_view::npos) {
    out.kind_ = Kind::kGlob;
  }
  return out;
}

bool StringPattern::is_any() const {
  return kind_ == Kind::kGlob && text_.find_first_not_of('*') == std::string::npos;
}

bool StringPattern::matches(std::string_view field) const {
  if (kind_ == Kind::kRegex) {
    const re2::StringPiece text(field.data(), field.size());
    return regex_->Match(text, 0, text.size(), re2::RE2::ANCHOR_START, nullptr, 0);
  }
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
