#include "resolver/pypi/metadata_headers.h"

#include <algorithm>

#include <fmt/format.h>

#include "base/archive/entry_path.h"
#include "base/error.h"
#include "base/text.h"
#include "base/utf8.h"

namespace kasane::resolver::pypi {
namespace {

std::string_view without_byte_order_mark(std::string_view text) {
  constexpr std::string_view kMark = "\xEF\xBB\xBF";
  if (text.starts_with(kMark)) text.remove_prefix(kMark.size());
  return text;
}

std::string_view take_line(std::string_view& text) {
  const std::size_t end = std::min(text.find('\n'), text.size());
  const std::string_view line = text.substr(0, end);
  text.remove_prefix(std::min(end + 1, text.size()));
  return line;
}

bool is_continuation(std::string_view line) { return line.front() == ' ' || line.front() == '\t'; }

std::string replace_ill_formed(std::string_view text) {
  constexpr std::string_view kReplacement = "\xEF\xBF\xBD";
  std::string out;
  while (!text.empty()) {
    std::size_t length = 1;
    while (length < 4 && length < text.size() && !is_utf8(text.substr(0, length))) ++length;
    if (is_utf8(text.substr(0, length))) {
      out += text.substr(0, length);
    } else {
      out += kReplacement;
      length = 1;
    }
    text.remove_prefix(length);
  }
  return out;
}

}  // namespace

MetadataHeaders MetadataHeaders::parse(std::string_view text, std::string_view what) {
  MetadataHeaders headers;
  headers.what_ = what;
  if (!is_utf8(text)) throw Error(ErrorKind::kIntegrity, fmt::format("`{}` is not UTF-8", what));
  text = without_byte_order_mark(text);
  while (!text.empty()) {
    const std::string_view line = take_line(text);
    if (trim(line, " \t\r").empty()) break;
    const std::size_t colon = line.find(':');
    if (!is_continuation(line) && colon == std::string_view::npos) {
      throw Error(ErrorKind::kIntegrity,
                  fmt::format("`{}` has the line `{}`, expected `Name: value`", what,
                              printable_name(line)));
    }
    headers.add_line(line, colon);
  }
  return headers;
}

MetadataHeaders MetadataHeaders::parse_leniently(std::string_view text, std::string_view what) {
  MetadataHeaders headers;
  headers.what_ = what;
  text = without_byte_order_mark(text);
  while (!text.empty()) {
    const std::string_view line = take_line(text);
    if (trim(line, " \t\r").empty()) break;
    const std::size_t colon = line.find(':');
    if (!is_continuation(line) && (colon == std::string_view::npos || colon == 0)) break;
    headers.add_line(line, colon);
  }
  for (Header& header : headers.headers_) {
    if (!is_utf8(header.value)) header.value = replace_ill_formed(header.value);
  }
  return headers;
}

void MetadataHeaders::add_line(std::string_view line, std::size_t colon) {
  if (!is_continuation(line)) {
    headers_.push_back({lower(trim(line.substr(0, colon), " \t\r")),
                        std::string(trim(line.substr(colon + 1), " \t\r"))});
  } else if (!headers_.empty()) {
    headers_.back().value += fmt::format(" {}", trim(line, " \t\r"));
  }
}

std::optional<std::string> MetadataHeaders::find(std::string_view name) const {
  for (std::string& value : all(name)) {
    if (!value.empty()) return std::move(value);
  }
  return std::nullopt;
}

std::vector<std::string> MetadataHeaders::all(std::string_view name) const {
  const std::string wanted = lower(name);
  std::vector<std::string> values;
  for (const Header& header : headers_) {
    if (header.name == wanted) values.push_back(header.value);
  }
  return values;
}

const std::string& MetadataHeaders::one(std::string_view name) const {
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

}  // namespace kasane::resolver::pypi
