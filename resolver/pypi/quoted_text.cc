#include "resolver/pypi/quoted_text.h"

#include <algorithm>
#include <cstdint>

#include <fmt/format.h>

namespace kasane::resolver::pypi {
namespace {

int digit_value(char c, int base) {
  int value = 99;
  if (c >= '0' && c <= '9') value = c - '0';
  if (c >= 'a' && c <= 'f') value = c - 'a' + 10;
  if (c >= 'A' && c <= 'F') value = c - 'A' + 10;
  return value < base ? value : -1;
}

/// Takes `least` to `most` digits off the front of `text` and appends what they stand for.
bool take_code(std::string_view& text, int base, std::size_t least, std::size_t most,
               std::string& out) {
  std::uint32_t code = 0;
  std::size_t count = 0;
  while (count < most && count < text.size() && digit_value(text[count], base) >= 0) {
    code = code * static_cast<std::uint32_t>(base) +
           static_cast<std::uint32_t>(digit_value(text[count], base));
    ++count;
  }
  if (count < least) return false;
  text.remove_prefix(count);
  const auto encoded = encode_utf8(code);
  if (encoded) out += *encoded;
  return encoded.has_value();
}

bool take_escape(std::string_view& text, std::string& out) {
  if (text.empty()) return false;
  const char c = text.front();
  if (digit_value(c, 8) >= 0) return take_code(text, 8, 1, 3, out);
  text.remove_prefix(1);
  constexpr std::string_view kLetters = "\\'\"abfnrtv";
  constexpr std::string_view kMeanings = "\\'\"\a\b\f\n\r\t\v";
  if (const std::size_t at = kLetters.find(c); at != std::string_view::npos) {
    out += kMeanings[at];
    return true;
  }
  switch (c) {
    case 'x':
      return take_code(text, 16, 2, 2, out);
    case 'u':
      return take_code(text, 16, 4, 4, out);
    case 'U':
      return take_code(text, 16, 8, 8, out);
    case 'N':
    case '\n':
    case '\r':
    case '\0':
      return false;
    default:
      // Python keeps the backslash of what is no escape.
      out += '\\';
      out += c;
      return true;
  }
}

}  // namespace

std::optional<std::string> encode_utf8(std::uint32_t code) {
  if (code == 0 || code > 0x10FFFF || (code >= 0xD800 && code <= 0xDFFF)) return std::nullopt;
  std::string out;
  const auto add = [&](std::uint32_t byte) { out += static_cast<char>(byte); };
  if (code < 0x80) {
    add(code);
  } else if (code < 0x800) {
    add(0xC0 | code >> 6);
    add(0x80 | (code & 0x3F));
  } else if (code < 0x10000) {
    add(0xE0 | code >> 12);
    add(0x80 | (code >> 6 & 0x3F));
    add(0x80 | (code & 0x3F));
  } else {
    add(0xF0 | code >> 18);
    add(0x80 | (code >> 12 & 0x3F));
    add(0x80 | (code >> 6 & 0x3F));
    add(0x80 | (code & 0x3F));
  }
  return out;
}

std::optional<std::string> unescape(std::string_view text) {
  std::string out;
  while (!text.empty()) {
    const char c = text.front();
    text.remove_prefix(1);
    if (c == '\n' || c == '\r' || c == '\0') return std::nullopt;
    if (c != '\\') {
      out += c;
    } else if (!take_escape(text, out)) {
      return std::nullopt;
    }
  }
  return out;
}

std::string quote(std::string_view text) {
  const bool single =
      text.find('"') != std::string_view::npos && text.find('\'') == std::string_view::npos;
  std::string out(1, single ? '\'' : '"');
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '\\') {
      out += "\\\\";
    } else if (byte < 0x20 || byte == 0x7F || (c == '"' && !single)) {
      out += fmt::format("\\x{:02x}", byte);
    } else {
      out += c;
    }
  }
  return out + (single ? '\'' : '"');
}

}  // namespace kasane::resolver::pypi
