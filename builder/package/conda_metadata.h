#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/digest.h"
#include "builder/package/package.h"

namespace kasane::builder {

/// A path that a conda package says it installs (CEP 34, `info/paths.json`).
struct CondaPath {
  enum class Type { kFile, kSymlink, kDirectory };
  enum class FileMode { kText, kBinary };

  /// Below the package's root; valid as Entry::path is, and never below `info` or `conda-meta`.
  std::string path;
  Type type = Type::kFile;
  /// Of the content as packaged; of a symbolic link's target's content.
  std::optional<Digest> sha256 = {};
  std::optional<std::uint64_t> size_bytes = {};
  /// What is to be replaced by the prefix; empty where nothing is.
  std::string placeholder = {};
  FileMode file_mode = FileMode::kText;
  bool no_link = false;
  bool operator==(const CondaPath&) const = default;
};

/// The files below `info/` that say what a package is, by path.
using CondaInfoFiles = std::map<std::string, std::string, std::less<>>;

/// What a conda package says of itself. Valid: paths are sorted and come once, and nothing lies
/// below a path that is not a directory.
struct CondaMetadata {
  PackageFacts::Kind kind = PackageFacts::Kind::kConda;
  std::string name;
  std::string version;
  std::string build;
  std::vector<std::string> depends;
  std::vector<std::string> entry_points;
  std::optional<PythonLayout> python;
  std::vector<CondaPath> paths;
  /// `info/index.json` as it is.
  std::string index_json;

  /// Whether the archive must still be read on for a file that parse() would use.
  static bool needs_more(const CondaInfoFiles& files);
  /// Whether parse() has a use for the file at this path.
  static bool uses(std::string_view path);
  /// What cannot be made sense of is an Error of kind kIntegrity, what is unsafe one of kRefused.
  static CondaMetadata parse(const CondaInfoFiles& files);
};

}  // namespace kasane::builder
