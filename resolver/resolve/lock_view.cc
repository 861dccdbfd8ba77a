#include "resolver/resolve/lock_view.h"

#include "resolver/pypi/distribution_name.h"
#include "resolver/resolve/carried_distributions.h"

namespace kasane::resolver {

LockView::LockView(const Lock& lock) {
  for (const LockedPackage& package : lock.packages) {
    if (package.manager == Manager::kPip) {
      wheels_.emplace(pypi::normalise_name(package.name), &package);
      continue;
    }
    conda_.emplace(package.name, &package);
    const auto& needs = package.dependencies;
    if (!needs.contains("python") && !needs.contains("python_abi")) continue;
    for (std::string& project : carried_projects(package.name)) {
      carriers_.emplace(std::move(project), &package);
    }
  }
}

const LockedPackage* LockView::find(const Packages& packages, std::string_view name) {
  const auto found = packages.find(name);
  return found == packages.end() ? nullptr : found->second;
}

const LockedPackage* LockView::find_conda(std::string_view name) const {
  return find(conda_, name);
}

const LockedPackage* LockView::find_wheel(std::string_view project) const {
  return find(wheels_, pypi::normalise_name(project));
}

const LockedPackage* LockView::find_carrier(std::string_view project) const {
  return find(carriers_, pypi::normalise_name(project));
}

const LockedPackage* LockView::find_distribution(std::string_view project) const {
  const LockedPackage* wheel = find_wheel(project);
  return wheel == nullptr ? find_carrier(project) : wheel;
}

const LockedPackage* LockView::find_needed(const LockedPackage& package,
                                           std::string_view name) const {
  return package.manager == Manager::kPip ? find_distribution(name) : find_conda(name);
}

std::optional<pypi::PythonVersion> LockView::version_of(const LockedPackage& package) {
  return pypi::PythonVersion::find(package.version);
}

}  // namespace kasane::resolver
