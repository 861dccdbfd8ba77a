#pragma once

#include <algorithm>
#include <string>
#include <string_view>

#include "base/text.h"

namespace kasane::resolver::pypi {

/// A distribution's or extra's name in the one form in which names are compared (PEP 503): lower
/// case, `-` for each run of `-`, `_` and `.`.
inline std::string normalise_name(std::string_view name) {
  std::string out;
  out.reserve(name.size());
  for (const char c : name) {
    if (c == '-' || c == '_' || c == '.') {
      if (!out.ends_with('-')) out += '-';
    } else {
      out += lower(c);
    }
  }
  return out;
}

/// Whether `name` may be a distribution's or extra's name: letters, digits, `-`, `_` and `.`, the
/// first and the last one of them a letter or digit (core metadata, "Name").
inline bool is_name(std::string_view name) {
  const auto is_alphanumeric = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
  };
  return !name.empty() && is_alphanumeric(name.front()) && is_alphanumeric(name.back()) &&
         std::all_of(name.begin(), name.end(), [&](char c) {
           return is_alphanumeric(c) || c == '-' || c == '_' || c == '.';
         });
}

}  // namespace kasane::resolver::pypi
