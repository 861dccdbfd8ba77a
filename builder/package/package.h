#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/digest.h"
#include "base/file_system.h"
#include "base/warning.h"
#include "builder/package/entry.h"

namespace kasane::builder {

/// Where Python lives below the prefix; told by the conda package `python` itself.
struct PythonLayout {
  /// `3.11`
  std::string version;
  /// `lib/python3.11/site-packages`
  std::string site_packages;
  bool operator==(const PythonLayout&) const = default;
};

/// Where packages are installed to. Together with a package's digest and origin it determines every
/// byte of the installation.
struct InstallTarget {
  /// Absolute, no slash at its end: `/azureml-envs/kasane`.
  std::string prefix;
  std::optional<PythonLayout> python;
};

/// Who a package is, as the lock says; recorded in what is installed. No credentials in `url`.
struct PackageOrigin {
  std::string name;
  std::string version;
  std::string build;
  std::string url;
  Digest sha256;
  std::uint64_t size_bytes = 0;
  /// Set where the lock gives it; goes into conda-meta.
  std::optional<Md5Digest> md5;
  /// A person asked for it by name; a wheel then gets `REQUESTED`.
  bool requested = false;
  /// It was asked for by its URL, not found in an index; a wheel then gets `direct_url.json`.
  bool direct = false;
};

/// A path in a package before installation, and what it will weigh.
struct PackagePath {
  std::string path;
  std::uint64_t size_bytes = 0;
  bool directory = false;
  bool operator==(const PackagePath&) const = default;
};

/// What can be known of a package without installing it: a pure function of its bytes.
struct PackageFacts {
  enum class Kind { kConda, kCondaNoarchPython, kCondaNoarchGeneric, kWheel };

  Kind kind = Kind::kConda;
  std::string name;
  std::string version;
  std::string build;
  /// As its own metadata says: MatchSpecs for conda, Requires-Dist for a wheel.
  std::vector<std::string> depends;
  std::vector<PackagePath> paths;
  /// `name = module:function [extras]`, as the package states them; console ones, then gui ones.
  std::vector<std::string> entry_points;
  /// Paths of post-link, pre-link and pre-unlink scripts, which are not run.
  std::vector<std::string> link_scripts;
  /// Only of the package `python`.
  std::optional<PythonLayout> python;

  std::uint64_t installed_size_bytes() const;
  /// A text to keep, and back: parse(render(x)) == x.
  std::string render() const;
  static PackageFacts parse(std::string_view text);
  bool operator==(const PackageFacts&) const = default;
};

/// A package file, told apart by the ending of its name (`.conda`, `.tar.bz2`, `.whl`) and checked
/// by content. Borrows the open file. Errors name the package's file and the entry within.
class Package {
 public:
  virtual ~Package() = default;

  virtual PackageFacts read_facts() const = 0;
  /// Streams the installed package into `sink` in the order of its archive, generated files last.
  /// Paths in `excluded` (relative to the prefix) are left out: another package brings them.
  virtual Warnings install(const PackageFacts& facts, const PackageOrigin& origin,
                           const InstallTarget& target, const std::set<std::string>& excluded,
                           EntrySink& sink) const = 0;
};

/// All paths that installing the package brings below the prefix, excluded ones too, sorted: exact,
/// and known from the facts alone. Sizes are the packaged ones, 0 for what is generated.
std::vector<PackagePath> installed_paths(const PackageFacts& facts, const PackageOrigin& origin,
                                         const InstallTarget& target);

/// An unknown ending is an Error of kind kUsage.
std::unique_ptr<Package> open_package(const ReadableFile& file, std::string_view file_name);

}  // namespace kasane::builder
