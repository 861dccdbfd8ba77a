#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "resolver/pypi/pythons.h"
#include "resolver/resolve/lock_fit.h"
#include "resolver/resolve/lock_view.h"

namespace kasane::resolver {

/// Whether a lock's distributions are what is asked of pip. What wheels need of each other is not
/// looked at here. Borrows all that it is given.
class PipFit {
 public:
  PipFit(const Lock& lock, const LockView& view, const LockDemands& demands)
      : lock_(lock), view_(view), demands_(demands) {}

  std::optional<std::string> find_misfit();
  /// What meets the requirements, once there is no misfit.
  const std::vector<const LockedPackage*>& found() const { return found_; }

 private:
  std::optional<std::string> find_python();
  std::optional<std::string> check_wheel(const LockedPackage& wheel) const;
  std::optional<std::string> compare(const PipRequest& request);
  std::optional<std::string> compare_hashes(const PipRequest& request,
                                            const LockedPackage& package) const;
  bool holds(const PipRequest& request) const;

  const Lock& lock_;
  const LockView& view_;
  const LockDemands& demands_;
  std::optional<pypi::PypiTarget> target_;
  std::vector<const LockedPackage*> found_;
};

/// Whether a locked package is a version that these specifiers contain, as pip sees it.
bool meets(const LockedPackage& package, std::string_view specifiers);

}  // namespace kasane::resolver
