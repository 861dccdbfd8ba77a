#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/digest.h"

namespace kasane::resolver {

enum class Manager { kConda, kPip };

/// One package as a lock names it. At least one of sha256 and md5 is there. `url` holds no
/// credentials; its last part is the file's name.
struct LockedPackage {
  Manager manager = Manager::kConda;
  std::string name;
  std::string version;
  /// conda's build string; empty for pip, and where the lock does not say.
  std::string build;
  std::string url;
  std::optional<Digest> sha256;
  std::optional<Md5Digest> md5;
  /// Names of packages to what is required of them, as in the lock.
  std::map<std::string, std::string> dependencies;
  std::string category = "main";
  /// Where the lock names it.
  int line = 0;

  std::string file_name() const;
  bool operator==(const LockedPackage&) const = default;
};

struct LockChannel {
  std::string url;
  std::vector<std::string> used_env_vars;
  bool operator==(const LockChannel&) const = default;
};

enum class LockFormat { kCondaLock, kExplicit };

/// The packages for one platform, exactly, in the order of the file. Names are unique within each
/// manager.
struct Lock {
  LockFormat format = LockFormat::kCondaLock;
  std::string platform;
  std::vector<LockedPackage> packages;
  std::vector<LockChannel> channels;
  /// conda-lock's own hash of the specification for that platform, when there is one.
  std::string content_hash;
  /// Of the file's bytes.
  Digest sha256;
};

struct LockSelection {
  std::string platform = "linux-64";
  /// Which of conda-lock's categories to take.
  std::vector<std::string> categories = {"main"};
};

/// Reads a `conda-lock.yml` (version 1, CEP 37) or an `@EXPLICIT` list (CEP 23), told apart by
/// content. Errors point into `file_name`. A platform that the lock lacks is an Error of kind
/// kUsage that names those it has.
Lock read_lock(std::string_view text, std::string_view file_name, const LockSelection& selection);

}  // namespace kasane::resolver
