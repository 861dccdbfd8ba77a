#include "resolver/lock/yaml_scalar.h"

#include <algorithm>
#include <array>
#include <cctype>

#include <fmt/format.h>

#include "base/text.h"

namespace kasane::resolver {
namespace {

constexpr std::array<std::string_view, 8> kWords = {"null", "true", "false", "yes",
                                                    "no",   "on",   "off",   "y"};

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_letter(char c) { return std::isalpha(static_cast<unsigned char>(c)) != 0; }

/// For a text that begins with a digit. Numbers hold one dot at most, and of letters only an
/// exponent's `e` or those after `0x`, `0o`, `0b`; dates and times hold `-` or `:` and `t`, `z`.
bool is_never_a_number(std::string_view text) {
  if (text.find(':') != std::string_view::npos) return false;
  if (std::count(text.begin(), text.end(), '.') >= 2) return true;
  if (text.size() > 1 && text[0] == '0' && is_letter(text[1])) return false;
  return std::any_of(text.begin(), text.end(), [](char c) {
    return is_letter(c) && std::string_view("eEtTzZ").find(c) == std::string_view::npos;
  });
}

bool is_plain(std::string_view text) {
  const bool sound = std::all_of(text.begin(), text.end(), [](char c) {
    return is_letter(c) || is_digit(c) ||
           std::string_view("_./+:@-~$%()=<>*| ,!").find(c) != std::string_view::npos;
  });
  if (text.empty() || !sound || text.back() == ' ' || text.back() == ':') return false;
  if (text.find(": ") != std::string_view::npos) return false;
  if (is_digit(text.front())) return is_never_a_number(text);
  if (text.front() == '_' || text.front() == '/') return true;
  if (!is_letter(text.front())) return false;
  const std::string word = lower(text);
  return word != "n" && std::find(kWords.begin(), kWords.end(), word) == kWords.end();
}

}  // namespace

std::string render_yaml_scalar(std::string_view text) {
  if (is_plain(text)) return std::string(text);
  const bool printable = std::none_of(text.begin(), text.end(), [](char c) {
    return static_cast<unsigned char>(c) < 0x20 || c == 0x7f;
  });
  if (printable) {
    std::string out = "'";
    for (const char c : text) out.append(c == '\'' ? 2 : 1, c);
    return out + "'";
  }
  std::string out = "\"";
  for (const char c : text) {
    const bool control = static_cast<unsigned char>(c) < 0x20 || c == 0x7f;
    if (control) {
      out += fmt::format("\\x{:02x}", static_cast<unsigned char>(c));
    } else {
      if (c == '"' || c == '\\') out += '\\';
      out += c;
    }
  }
  return out + "\"";
}

}  // namespace kasane::resolver
