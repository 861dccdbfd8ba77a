#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "resolver/lock/lock.h"

namespace kasane::resolver {

/// What becomes of one package from one lock to the next. One of both may be absent.
struct LockChange {
  std::string name;
  std::optional<LockedPackage> before;
  std::optional<LockedPackage> after;

  /// `added`, `removed`, `upgraded`, `downgraded`, or `rebuilt` for another file of one version.
  std::string_view kind() const;
};

/// By manager and name. Packages whose files are the same did not change.
std::vector<LockChange> compare_packages(std::span<const LockedPackage> before,
                                         std::span<const LockedPackage> after);

/// As a table, one line for each change; empty without any.
std::string render_changes(std::span<const LockChange> changes);

}  // namespace kasane::resolver
