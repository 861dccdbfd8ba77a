#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "resolver/lock/lock.h"
#include "resolver/pypi/python_version.h"

namespace kasane::resolver {

/// The packages of a lock by what they are to each other, over both sides. Borrows the lock.
class LockView {
 public:
  explicit LockView(const Lock& lock);

  /// nullptr where there is none.
  const LockedPackage* find_conda(std::string_view name) const;
  const LockedPackage* find_wheel(std::string_view project) const;
  /// A conda package that carries the distribution.
  const LockedPackage* find_carrier(std::string_view project) const;
  /// Whoever provides the distribution.
  const LockedPackage* find_distribution(std::string_view project) const;
  /// What `name` among the dependencies of `package` means.
  const LockedPackage* find_needed(const LockedPackage& package, std::string_view name) const;
  /// The version as pip sees it; nothing where PEP 440 cannot read it.
  static std::optional<pypi::PythonVersion> version_of(const LockedPackage& package);

 private:
  using Packages = std::map<std::string, const LockedPackage*, std::less<>>;
  static const LockedPackage* find(const Packages& packages, std::string_view name);

  Packages conda_, wheels_, carriers_;
};

}  // namespace kasane::resolver
