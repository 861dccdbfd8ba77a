#pragma once

#include <algorithm>
#include <string>
#include <vector>

#include "tests/support/http_server.h"

namespace kasane::testing {

inline std::string decode_field(const std::string& text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '%' && i + 2 < text.size()) {
      out += static_cast<char>(std::stoi(text.substr(i + 1, 2), nullptr, 16));
      i += 2;
    } else {
      out += text[i] == '+' ? ' ' : text[i];
    }
  }
  return out;
}

/// All values of a field of a form or query.
inline std::vector<std::string> find_all(const std::string& form, const std::string& name) {
  std::vector<std::string> out;
  for (std::size_t at = 0; at <= form.size();) {
    const std::size_t end = std::min(form.find('&', at), form.size());
    const std::string field = form.substr(at, end - at);
    if (field.starts_with(name + "=")) out.push_back(decode_field(field.substr(name.size() + 1)));
    at = end + 1;
  }
  return out;
}

inline std::string find_one(const std::string& form, const std::string& name) {
  const auto all = find_all(form, name);
  return all.empty() ? "" : all.front();
}

inline std::string query_of(const HttpCall& call) {
  const std::size_t mark = call.target.find('?');
  return mark == std::string::npos ? "" : call.target.substr(mark + 1);
}

}  // namespace kasane::testing
