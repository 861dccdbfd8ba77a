#include "resolver/resolve/why.h"

#include <algorithm>
#include <map>
#include <set>

#include <fmt/format.h>

#include "base/error.h"
#include "base/suggest.h"
#include "resolver/resolve/conda_pythons.h"
#include "resolver/resolve/lock_view.h"

namespace kasane::resolver {
namespace {

constexpr std::string_view kPipMark = " (pip)";

std::string written(const std::string& name, const std::string& demand) {
  return demand.empty() ? name : name + " " + demand;
}

/// Who needs whom in a lock, by labels: names, but for pip's packages beside conda's of that name.
class Needs {
 public:
  explicit Needs(const Lock& lock) : view_(lock) {
    for (const LockedPackage& package : lock.packages) packages_.emplace(label(package), &package);
  }

  std::string label(const LockedPackage& package) const {
    const bool both = package.manager == Manager::kPip && view_.find_conda(package.name) != nullptr;
    return both ? package.name + std::string(kPipMark) : package.name;
  }

  const LockedPackage& find(std::string_view name) const {
    const auto found = packages_.find(name);
    if (found != packages_.end()) return *found->second;
    if (const LockedPackage* wheel = view_.find_wheel(name)) return *wheel;
    std::vector<std::string> names;
    for (const auto& [known, _] : packages_) names.push_back(known);
    Error error(ErrorKind::kUsage, fmt::format("the lock has no package `{}`", name));
    const auto near = find_suggestion(name, names);
    throw near ? Error(std::move(error)).hint(fmt::format("did you mean `{}`?", *near)) : error;
  }

  /// The package itself and all that need it, however far up.
  std::set<std::string> ancestors(const std::string& of) const {
    std::set<std::string> found = {of};
    for (bool grew = true; grew;) {
      grew = false;
      for (const auto& entry : packages_) {
        const LockedPackage& package = *entry.second;
        if (found.contains(entry.first)) continue;
        const auto& needs = package.dependencies;
        if (std::any_of(needs.begin(), needs.end(), [&](const auto& need) {
              const LockedPackage* needed = view_.find_needed(package, need.first);
              return needed != nullptr && found.contains(label(*needed));
            })) {
          found.insert(entry.first);
          grew = true;
        }
      }
    }
    return found;
  }

  /// What nothing else in the lock needs.
  std::vector<std::string> roots() const {
    std::set<const LockedPackage*> needed;
    for (const auto& [_, package] : packages_) {
      for (const auto& [name, demand] : package->dependencies) {
        needed.insert(view_.find_needed(*package, name));
      }
    }
    std::vector<std::string> names;
    for (const auto& [name, package] : packages_) {
      if (!needed.contains(package)) names.push_back(name);
    }
    return names;
  }

  const LockedPackage& at(const std::string& known) const { return *packages_.at(known); }
  const LockView& view() const { return view_; }

 private:
  LockView view_;
  std::map<std::string, const LockedPackage*, std::less<>> packages_;
};

/// Whether a requirement for pip counts with the lock's Python.
bool holds(const PipRequest& request, const Lock& lock, const LockView& view) {
  const LockedPackage* python = view.find_conda("python");
  if (!request.requirement.marker || python == nullptr) return true;
  return request.requirement.marker->evaluate(
      pypi::MarkerEnvironment::cpython(python->version, wheel_machine(lock.platform)));
}

std::vector<Presence::Request> list_requests(const Lock& lock, const Requests& requests,
                                             const Needs& needs) {
  std::vector<Presence::Request> out;
  for (const CondaRequest& request : requests.conda) {
    out.push_back({request.written.text, request.written.place, request.spec.name()});
  }
  for (const PipRequest& request : requests.pip) {
    const auto* found = needs.view().find_distribution(request.requirement.name);
    if (found == nullptr || !holds(request, lock, needs.view())) continue;
    out.push_back({request.written.text, request.written.place, needs.label(*found)});
  }
  if (requests.empty()) {
    for (const std::string& root : needs.roots()) out.push_back({root, {}, root});
  }
  return out;
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

Presence explain_presence(const Lock& lock, const Requests& requests, std::string_view name) {
  const Needs needs(lock);
  const LockedPackage& target = needs.find(name);
  const std::string label = needs.label(target);
  const std::set<std::string> above = needs.ancestors(label);
  Presence presence{label, target.version, {}, {}};
  for (Presence::Request& request : list_requests(lock, requests, needs)) {
    if (above.contains(request.package)) presence.requests.push_back(std::move(request));
  }
  for (const std::string& package : above) {
    if (package == label) continue;
    const LockedPackage& found = needs.at(package);
    for (const auto& [dependency, demand] : found.dependencies) {
      const LockedPackage* needed = needs.view().find_needed(found, dependency);
      if (needed == nullptr || !above.contains(needs.label(*needed))) continue;
      presence.needs.push_back(
          {package, found.version, written(dependency, demand), needs.label(*needed)});
    }
  }
  return presence;
}

std::string Presence::render() const { return Tree(*this).render(); }

}  // namespace kasane::resolver
