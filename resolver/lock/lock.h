#pragma once

#include <functional>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/digest.h"
#include "resolver/conda/url_credentials.h"

namespace kasane::resolver {

enum class Manager { kConda, kPip };

/// One package as a lock names it. At least one of sha256 and md5 is there. `url` holds no
/// credentials (see Lock::credentials); its scheme is http, https or file, or it is a path, which
/// is relative to the working directory. Its last part is the file's name. Name, version, build and
/// file name are free of slashes, spaces and control characters.
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

  /// The last part of `url`, percent-decoded.
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
  /// The specification files that the lock was made from, relative to it.
  std::vector<std::string> sources;
  /// conda-lock's own hash of the specification for that platform, when there is one.
  std::string content_hash;
  /// Credentials that stood in the file's URLs, by the directory of the URL without them (up to and
  /// with its last slash). They are for fetching only; write_lock() never sees them again.
  std::map<std::string, UrlCredentials> credentials;
  /// Of the file's bytes.
  Digest sha256;

  /// How to fetch `url`, which is a package's: nullptr when the lock held no credentials for it.
  const UrlCredentials* find_credentials(std::string_view url) const;
};

struct LockSelection {
  std::string platform = "linux-64";
  /// Which of conda-lock's categories to take.
  std::vector<std::string> categories = {"main"};
  /// Looks up `$NAME` and `${NAME}` in URLs, and `HOME` for `~/`. Without it, and where it gives
  /// nothing, such a URL is an Error.
  std::function<std::optional<std::string>(const std::string& name)> find_variable;
};

/// Reads a `conda-lock.yml` (version 1, CEP 37) or an `@EXPLICIT` list (CEP 23), told apart by
/// content. Errors point into `file_name`. A platform that the lock lacks is an Error of kind
/// kUsage that names those it has.
///
/// All of a chosen package is checked; of others only name, platform and category. A package that
/// several chosen categories name alike comes once. Unknown keys are passed over.
Lock read_lock(std::string_view text, std::string_view file_name, const LockSelection& selection);

/// The platforms that a `conda-lock.yml` has packages for, or says that it is for, sorted. An
/// `@EXPLICIT` list says nothing of that.
std::vector<std::string> read_lock_platforms(std::string_view text, std::string_view file_name);

/// True for texts that read_lock() is for, by content alone: they may be damaged all the same.
bool is_lock(std::string_view text);

/// The `conda-lock.yml` of one or more platforms, each of which comes once: a function of the
/// packages alone, in whatever order they stand. Packages are written by manager, name, category,
/// platform, so that a changed package changes its own lines only. For locks in that order,
/// read_lock(write_lock({x})) has the same platform, packages (but for `line`), channels, sources
/// and content hash as x.
std::string write_lock(std::span<const Lock> locks);

}  // namespace kasane::resolver
