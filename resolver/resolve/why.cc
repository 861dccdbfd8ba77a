#include "resolver/resolve/why.h"

#include <algorithm>
#include <map>
#include <set>

#include <fmt/format.h>

#include "base/error.h"
#include "base/suggest.h"

namespace kasane::resolver {
namespace {

using Packages = std::map<std::string, const LockedPackage*, std::less<>>;

Packages packages_of(const Lock& lock) {
  Packages packages;
  for (const LockedPackage& package : lock.packages) packages.emplace(package.name, &package);
  return packages;
}

const LockedPackage& find_package(const Packages& packages, std::string_view name) {
  const auto found = packages.find(name);
  if (found != packages.end()) return *found->second;
  std::vector<std::string> names;
  for (const auto& [known, _] : packages) names.push_back(known);
  Error error(ErrorKind::kUsage, fmt::format("the lock has no package `{}`", name));
  const auto near = find_suggestion(name, names);
  throw near ? Error(std::move(error)).hint(fmt::format("did you mean `{}`?", *near)) : error;
}

/// The package itself and all that need it, however far up.
std::set<std::string> ancestors(const Packages& packages, const std::string& name) {
  std::set<std::string> found = {name};
  for (bool grew = true; grew;) {
    grew = false;
    for (const auto& [other, package] : packages) {
      if (found.contains(other)) continue;
      const auto& needs = package->dependencies;
      if (std::any_of(needs.begin(), needs.end(),
                      [&](const auto& need) { return found.contains(need.first); })) {
        found.insert(other);
        grew = true;
      }
    }
  }
  return found;
}

/// What nothing else in the lock needs.
std::vector<std::string> roots(const Packages& packages) {
  std::set<std::string> needed;
  for (const auto& [_, package] : packages) {
    for (const auto& [name, demand] : package->dependencies) needed.insert(name);
  }
  std::vector<std::string> names;
  for (const auto& [name, _] : packages) {
    if (!needed.contains(name)) names.push_back(name);
  }
  return names;
}

std::string written(const std::string& name, const std::string& demand) {
  return demand.empty() ? name : name + " " + demand;
}

class Tree {
 public:
  explicit Tree(const Presence& presence) : presence_(presence) {}

  std::string render() {
    text_ = fmt::format("{} {}\n", presence_.package, presence_.version);
    for (const Presence::Request& request : presence_.requests) {
      const std::string place =
          request.place.line > 0 ? fmt::format(" ({}:{})", request.place.file, request.place.line)
                                 : "";
      text_ += fmt::format("  `{}`{} is asked for\n", request.text, place);
      descend(request.package, 2);
    }
    return text_;
  }

 private:
  void descend(const std::string& package, std::size_t depth) {
    if (package == presence_.package) return;
    const bool first = told_.insert(package).second;
    for (const Presence::Need& need : presence_.needs) {
      if (need.package != package) continue;
      if (!first) {
        text_ += fmt::format("{:{}}{} {}: see above\n", "", 2 * depth, package, need.version);
        return;
      }
      text_ += fmt::format("{:{}}{} {} needs `{}`\n", "", 2 * depth, package, need.version,
                           need.requirement);
      descend(need.needed, depth + 1);
    }
  }

  const Presence& presence_;
  std::set<std::string> told_;
  std::string text_;
};

}  // namespace

Presence explain_presence(const Lock& lock, std::span<const CondaRequest> requests,
                          std::string_view name) {
  const Packages packages = packages_of(lock);
  const LockedPackage& target = find_package(packages, name);
  const std::set<std::string> above = ancestors(packages, target.name);
  Presence presence{target.name, target.version, {}, {}};
  for (const CondaRequest& request : requests) {
    if (!above.contains(request.spec.name())) continue;
    presence.requests.push_back({request.written.text, request.written.place, request.spec.name()});
  }
  if (requests.empty()) {
    for (const std::string& root : roots(packages)) {
      if (above.contains(root)) presence.requests.push_back({root, {}, root});
    }
  }
  for (const std::string& package : above) {
    const LockedPackage& found = *packages.at(package);
    if (package == target.name) continue;
    for (const auto& [needed, demand] : found.dependencies) {
      if (!above.contains(needed)) continue;
      presence.needs.push_back({package, found.version, written(needed, demand), needed});
    }
  }
  return presence;
}

std::string Presence::render() const { return Tree(*this).render(); }

}  // namespace kasane::resolver
