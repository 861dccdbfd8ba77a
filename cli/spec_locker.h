#pragma once

#include <string>
#include <vector>

#include "cli/base_image.h"
#include "cli/resolve_options.h"
#include "cli/spec_options.h"
#include "cli/surroundings.h"

namespace kasane::cli {

/// What is to be locked, and how.
struct LockTask {
  SpecOptions spec;
  /// Empty: those that the specification is for, as far as images can be built for them; `linux-64`
  /// where it does not say.
  std::vector<std::string> platforms = {};
  /// Empty: `conda-lock.yml` beside the specification.
  std::string output = {};
  ResolveOptions resolve = {};
  bool offline = false;
  bool locked = false;
  bool upgrade_all = false;
  std::vector<std::string> upgrade = {};
  /// What will be built on, where it is known.
  BaseOptions base = {};
  /// What a base that is open already tells of the system; `base` does not count then.
  std::optional<resolver::SystemFacts> system = std::nullopt;
};

/// The lock of a specification, for each of its platforms.
struct SpecLock {
  Path path;
  /// In the order of the platforms.
  std::vector<resolver::LockOutcome> platforms;
  std::vector<std::string> sources;
  /// Of the whole file, platforms that were not asked for included.
  std::string text;
  /// Another text than the file that is there.
  bool changed = false;
  Warnings warnings;
};

/// Locks, and writes nothing. What cannot be satisfied is an Error of kind kUnsatisfiable.
SpecLock lock_specification(const LockTask& task, Surroundings& surroundings);

/// The specification as it is locked for a platform: with what the task's options put in place of
/// what it says.
resolver::EnvironmentSpec read_locked_spec(const LockTask& task, const std::string& platform,
                                           Surroundings& surroundings);

/// Puts the lock in its place in one step, where it changed.
void write_spec_lock(const SpecLock& lock, Surroundings& surroundings);

/// True for files that are locks, and no specifications.
bool is_lock_file(const std::string& path, Surroundings& surroundings);

}  // namespace kasane::cli
