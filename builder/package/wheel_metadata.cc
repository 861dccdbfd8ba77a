#include "builder/package/wheel_metadata.h"

#include <algorithm>

#include <fmt/format.h>

#include "base/archive/entry_path.h"
#include "base/error.h"
#include "base/utf8.h"

namespace kasane::builder {
namespace {

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return out;
}

std::string_view trim(std::string_view text) {
  const std::size_t begin = std::min(text.find_first_not_of(" \t\r"), text.size());
  text.remove_prefix(begin);
  return text.substr(0, text.find_last_not_of(" \t\r") + 1);
}

}  // namespace

WheelHeaders WheelHeaders::parse(std::string_view text, std::string_view what) {
  WheelHeaders headers;
  headers.what_ = what;
  if (!is_utf8(text)) throw Error(ErrorKind::kIntegrity, fmt::format("`{}` is not UTF-8", what));
  constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";
  if (text.starts_with(kByteOrderMark)) text.remove_prefix(kByteOrderMark.size());
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    const std::string_view line = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    if (trim(line).empty()) break;
    if (line.front() == ' ' || line.front() == '\t') {
      if (!headers.headers_.empty())
        headers.headers_.back().value += fmt::format(" {}", trim(line));
      continue;
    }
    const std::size_t colon = line.find(':');
    if (colon == std::string_view::npos) {
      throw Error(ErrorKind::kIntegrity,
                  fmt::format("`{}` has the line `{}`, expected `Name: value`", what,
                              printable_name(line)));
    }
    headers.headers_.push_back(
        {lower(trim(line.substr(0, colon))), std::string(trim(line.substr(colon + 1)))});
  }
  return headers;
}

std::vector<std::string> WheelHeaders::all(std::string_view name) const {
  const std::string wanted = lower(name);
  std::vector<std::string> values;
  for (const Header& header : headers_) {
    if (header.name == wanted) values.push_back(header.value);
  }
  return values;
}

const std::string& WheelHeaders::one(std::string_view name) const {
  const std::string wanted = lower(name);
  const Header* found = nullptr;
  for (const Header& header : headers_) {
    if (header.name != wanted) continue;
    if (found != nullptr) {
      throw Error(ErrorKind::kIntegrity, fmt::format("`{}` has two headers `{}`", what_, name));
    }
    found = &header;
  }
  if (found == nullptr || found->value.empty()) {
    throw Error(ErrorKind::kIntegrity, fmt::format("`{}` has no header `{}`", what_, name));
  }
  return found->value;
}

}  // namespace kasane::builder
