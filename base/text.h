#pragma once

#include <algorithm>
#include <string>
#include <string_view>

namespace kasane {

/// ASCII letters alone, whatever the locale; other bytes stay as they are.
inline char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

inline std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out) c = lower(c);
  return out;
}

/// Without `blanks` at both ends. A part of `text`, also when nothing is left of it.
inline std::string_view trim(std::string_view text, std::string_view blanks = " \t\r\n") {
  text.remove_prefix(std::min(text.find_first_not_of(blanks), text.size()));
  return text.substr(0, text.find_last_not_of(blanks) + 1);
}

}  // namespace kasane
