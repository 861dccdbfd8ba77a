#include "resolver/resolve/lock_changes.h"

#include <algorithm>
#include <map>

#include <fmt/format.h>

#include "resolver/conda/version.h"

namespace kasane::resolver {
namespace {

bool same_file(const LockedPackage& a, const LockedPackage& b) {
  return a.version == b.version && a.build == b.build && a.url == b.url && a.sha256 == b.sha256 &&
         a.md5 == b.md5;
}

std::string describe(const std::optional<LockedPackage>& package) {
  if (!package) return "";
  return package->build.empty() ? package->version
                                : fmt::format("{} {}", package->version, package->build);
}

}  // namespace

std::string_view LockChange::kind() const {
  if (!before) return "added";
  if (!after) return "removed";
  if (before->version == after->version) return "rebuilt";
  const auto old_version = CondaVersion::find(before->version);
  const auto new_version = CondaVersion::find(after->version);
  const bool lower = old_version && new_version && *new_version < *old_version;
  return lower ? "downgraded" : "upgraded";
}

std::vector<LockChange> compare_packages(std::span<const LockedPackage> before,
                                         std::span<const LockedPackage> after) {
  std::map<std::pair<Manager, std::string>, LockChange> by_name;
  for (const LockedPackage& package : before) {
    by_name[{package.manager, package.name}].before = package;
  }
  for (const LockedPackage& package : after) {
    by_name[{package.manager, package.name}].after = package;
  }
  std::vector<LockChange> changes;
  for (auto& [key, change] : by_name) {
    if (change.before && change.after && same_file(*change.before, *change.after)) continue;
    change.name = key.second;
    changes.push_back(std::move(change));
  }
  return changes;
}

std::string render_changes(std::span<const LockChange> changes) {
  std::size_t name_width = 0;
  std::size_t before_width = 0;
  for (const LockChange& change : changes) {
    name_width = std::max(name_width, change.name.size());
    before_width = std::max(before_width, describe(change.before).size());
  }
  std::string text;
  for (const LockChange& change : changes) {
    std::string line =
        fmt::format("{:<10}  {:<{}}  {:<{}}  {}", change.kind(), change.name, name_width,
                    describe(change.before), before_width, describe(change.after));
    line.erase(line.find_last_not_of(' ') + 1);
    text += line + "\n";
  }
  return text;
}

}  // namespace kasane::resolver
