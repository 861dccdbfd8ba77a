#include "base/archive/entry_path.h"

#include <algorithm>

#include <fmt/format.h>

#include "base/error.h"
#include "base/utf8.h"

namespace kasane {
namespace {

constexpr std::size_t kPathLimit = 4095;
constexpr std::size_t kPartLimit = 255;
constexpr std::size_t kShownLimit = 200;

bool is_control(char c) {
  const auto byte = static_cast<unsigned char>(c);
  return byte < 0x20 || byte == 0x7F;
}

[[noreturn]] void refuse(std::string_view name, std::string_view why) {
  throw Error(ErrorKind::kRefused, fmt::format("entry name `{}` {}", printable_name(name), why));
}

}  // namespace

std::string printable_name(std::string_view name) {
  const bool text = is_utf8(name);
  std::string out;
  for (const char c : name) {
    if (out.size() >= kShownLimit) {
      while (!is_utf8(out)) out.pop_back();
      return out + "…";
    }
    if (is_control(c) || (!text && static_cast<unsigned char>(c) >= 0x80)) {
      out += fmt::format("\\x{:02x}", static_cast<unsigned char>(c));
    } else {
      out += c;
    }
  }
  return out;
}

std::string normalise_entry_path(std::string_view name, Backslash backslash) {
  if (name.empty()) refuse(name, "is empty");
  if (std::any_of(name.begin(), name.end(), is_control)) refuse(name, "holds a control character");
  if (!is_utf8(name)) refuse(name, "is not UTF-8");
  if (name.front() == '/') refuse(name, "is absolute");
  if (backslash == Backslash::kRefused && name.find('\\') != std::string_view::npos) {
    refuse(name, "holds a backslash");
  }
  std::string_view rest = name;
  while (rest.substr(0, 2) == "./") rest.remove_prefix(2);
  while (!rest.empty() && rest.back() == '/') rest.remove_suffix(1);
  if (rest == ".") rest = {};
  if (rest.size() > kPathLimit) refuse(name, fmt::format("is longer than {} bytes", kPathLimit));

  std::string_view parts = rest;
  while (!parts.empty()) {
    const std::size_t slash = std::min(parts.find('/'), parts.size());
    const std::string_view part = parts.substr(0, slash);
    if (part.empty()) refuse(name, "has an empty part");
    if (part == ".") refuse(name, "has a part `.`");
    if (part == "..") refuse(name, "has a part `..`");
    if (part.size() > kPartLimit) {
      refuse(name, fmt::format("has a part longer than {} bytes", kPartLimit));
    }
    parts.remove_prefix(std::min(slash + 1, parts.size()));
  }
  return std::string(rest);
}

}  // namespace kasane
