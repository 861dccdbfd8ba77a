#include "builder/package/link_check.h"

#include <algorithm>
#include <string_view>
#include <vector>

#include <fmt/format.h>

#include "base/archive/entry_path.h"
#include "base/error.h"

namespace kasane::builder {
namespace {

/// As many as Linux follows; a loop leads nowhere, and so not out.
constexpr int kMostLinks = 40;

[[noreturn]] void refuse(const std::string& path, const std::string& target) {
  throw Error(ErrorKind::kRefused,
              fmt::format("the symbolic link `{}` leads out of the prefix, to `{}`", path,
                          printable_name(target)));
}

/// Pushes the parts of `path` so that the first one is taken first.
void push_parts(std::string_view path, std::vector<std::string_view>& parts) {
  while (!path.empty()) {
    const std::size_t slash = path.rfind('/');
    parts.push_back(slash == std::string_view::npos ? path : path.substr(slash + 1));
    path = slash == std::string_view::npos ? std::string_view() : path.substr(0, slash);
  }
}

void check_link(const std::map<std::string, std::string>& links, const std::string& path,
                const std::string& target) {
  if (target.starts_with('/')) refuse(path, target);
  const std::size_t slash = path.rfind('/');
  std::string place = slash == std::string::npos ? std::string() : path.substr(0, slash);
  std::vector<std::string_view> parts;
  push_parts(target, parts);
  for (int followed = 0; !parts.empty();) {
    const std::string_view part = parts.back();
    parts.pop_back();
    if (part.empty() || part == ".") continue;
    if (part == "..") {
      if (place.empty()) refuse(path, target);
      const std::size_t end = place.rfind('/');
      place.resize(end == std::string::npos ? 0 : end);
      continue;
    }
    const std::size_t parent = place.size();
    if (!place.empty()) place += '/';
    place += part;
    const auto link = links.find(place);
    if (link == links.end()) continue;
    if (++followed > kMostLinks) return;
    if (link->second.starts_with('/')) refuse(path, target);
    push_parts(link->second, parts);
    place.resize(parent);
  }
}

}  // namespace

void check_links_stay_inside(const std::map<std::string, std::string>& links) {
  for (const auto& [path, target] : links) check_link(links, path, target);
}

}  // namespace kasane::builder
