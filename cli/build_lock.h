#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/warning.h"
#include "cache/cache.h"
#include "cli/spec_locker.h"
#include "registry/image_source.h"
#include "resolver/lock/lock.h"

namespace kasane::cli {

/// From what file a build takes its packages, and for whom.
struct BuildLockTask {
  /// A lock, or a specification.
  std::string file;
  std::string platform;
  std::vector<std::string> categories;
  std::string prefix;
  ResolveOptions resolve;
  bool offline = false;
  bool locked = false;
  /// A new lock is put beside its specification.
  bool writes = true;
};

struct BuildLock {
  resolver::Lock lock;
  /// Of the lock that was read or made.
  std::string path;
  Warnings warnings;
  double seconds = 0;
};

/// The task's file, where it is a lock.
std::optional<BuildLock> find_build_lock(const BuildLockTask& task, Surroundings& surroundings);

/// The lock that the task's specification has, or gets. `base` may be nullptr.
BuildLock lock_for_build(const BuildLockTask& task, const registry::ImageSource* base,
                         cache::Cache& cache, Surroundings& surroundings);

}  // namespace kasane::cli
