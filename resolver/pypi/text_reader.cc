#include "resolver/pypi/text_reader.h"

#include <algorithm>

#include <fmt/format.h>

#include "base/archive/entry_path.h"
#include "base/error.h"

namespace kasane::resolver::pypi {
namespace {

bool is_word_character(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
         static_cast<unsigned char>(c) >= 0x80;
}

/// The same length, with stars for user and password of URLs.
std::string without_credentials(std::string_view text) {
  std::string out(text);
  for (std::size_t mark = out.find("://"); mark != std::string::npos;
       mark = out.find("://", mark + 3)) {
    const std::size_t start = mark + 3;
    const std::size_t end = std::min(out.find_first_of("/?# \t", start), out.size());
    const std::size_t at = out.rfind('@', end);
    if (at == std::string::npos || at < start) continue;
    std::fill(out.begin() + static_cast<std::ptrdiff_t>(start),
              out.begin() + static_cast<std::ptrdiff_t>(at), '*');
  }
  return out;
}

}  // namespace

void TextReader::skip_space() {
  while (next() == ' ' || next() == '\t') ++at_;
}

bool TextReader::take(char c) {
  if (at_end() || next() != c) return false;
  ++at_;
  return true;
}

bool TextReader::take_word(std::string_view word) {
  if (!rest().starts_with(word)) return false;
  const std::size_t after = at_ + word.size();
  if (after < text_.size() && is_word_character(text_[after])) return false;
  at_ = after;
  return true;
}

void TextReader::fail_expecting(std::string_view what) const {
  std::size_t end = at_ + (at_end() ? 0 : 1);
  while (end < text_.size() && (static_cast<unsigned char>(text_[end]) & 0xC0) == 0x80) ++end;
  const std::string found =
      at_end() ? "the end" : fmt::format("`{}`", printable_name(text_.substr(at_, end - at_)));
  fail(fmt::format("expected {}, found {}", what, found), at_, 1);
}

void TextReader::fail(std::string_view message, std::size_t place, std::size_t length) const {
  const std::string shown = without_credentials(text_);
  throw Error(ErrorKind::kFailed,
              fmt::format("{} in the {} `{}`", message, kind_, printable_name(shown)))
      .at({"", 1, static_cast<int>(place) + 1, shown,
           static_cast<int>(std::max<std::size_t>(length, 1))});
}

}  // namespace kasane::resolver::pypi
