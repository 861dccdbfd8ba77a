#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "resolver/lock/lock.h"
#include "resolver/resolve/lock_changes.h"
#include "resolver/resolve/solve_joint.h"
#include "resolver/spec/environment_spec.h"

namespace kasane::resolver {

struct LockOptions {
  std::string platform = "linux-64";
  ChannelSettings settings = {};
  SystemFacts system = {};
  ChannelPriority priority = ChannelPriority::kStrict;
  std::optional<std::int64_t> exclude_newer_ms = std::nullopt;
  /// Insist on the present lock: that it does not fit is an Error.
  bool locked = false;
  /// Take the best of everything, wherever the present lock stands.
  bool upgrade_all = false;
  /// Packages that may leave the place where they are in the present lock.
  std::vector<std::string> upgrade = {};
  /// What only requirements for pip name comes from conda too, where conda has it.
  bool prefer_conda = false;
};

/// Opens the channels for the platform of the options and for noarch, in the same order.
using ChannelOpener = std::function<std::vector<ChannelRecords>(std::span<const Channel>)>;

/// Gives the indexes of Python distributions, which stay as long as the call that asks for them.
/// Asked only where a specification has requirements for pip; without it these are an Error.
using DistributionOpener = std::function<pypi::DistributionSource&()>;

struct LockOutcome {
  Lock lock;
  /// The present lock fits, and is used as it is; no channel was opened.
  bool kept = false;
  /// Why the present lock, where there is one, was not kept.
  std::string misfit = {};
  /// From the present lock to this one.
  std::vector<LockChange> changes = {};
  solver::Effort effort = {};
  Warnings warnings = {};
};

/// The lock of a specification for one platform: `present`, where that fits, or a new one that
/// moves as little of it as may be. Its `sources` are left to the caller, and its digest is that of
/// what write_lock() makes of it alone. What cannot be satisfied is an
/// Error of kind kUnsatisfiable.
LockOutcome lock_environment(const EnvironmentSpec& spec, const Lock* present,
                             const LockOptions& options, const ChannelOpener& open_channels,
                             const DistributionOpener& open_distributions = nullptr);

}  // namespace kasane::resolver
