#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "resolver/conda/channel.h"
#include "resolver/conda/virtual_packages.h"
#include "resolver/lock/lock.h"
#include "resolver/resolve/conda_requests.h"
#include "resolver/resolve/pip_requests.h"

namespace kasane::resolver {

/// What a lock has to fit.
struct LockDemands {
  std::span<const CondaRequest> requests;
  /// Of the specification, without those that requests name.
  std::span<const Channel> channels;
  const ChannelSettings& settings;
  const VirtualPackages& virtual_packages;
  const PipRequests& pip;
  /// Of a lock that was made for these very demands.
  std::string content_hash = {};
};

/// Why the lock is none of these demands, told from itself alone; nothing when it is one: it was
/// made from these channels, has what is asked for and what that needs, and nothing else.
std::optional<std::string> find_misfit(const Lock& lock, const LockDemands& demands);

/// A package of a lock as MatchSpecs see it. Borrows the package.
class LockedFields {
 public:
  explicit LockedFields(const LockedPackage& package);
  LockedFields(const LockedFields&) = delete;
  LockedFields& operator=(const LockedFields&) = delete;
  const RecordFields& fields() const { return fields_; }

 private:
  std::string version_key_, file_name_, md5_, sha256_, subdir_;
  RecordFields fields_;
};

/// Where `name demand` is what a locked package's dependency means.
MatchSpec read_demand(const std::string& name, const std::string& demand);

}  // namespace kasane::resolver
