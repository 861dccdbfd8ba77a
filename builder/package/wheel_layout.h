#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "builder/package/entry_point.h"
#include "builder/package/package.h"

namespace kasane::builder {

/// Where everything of a wheel comes to lie below a prefix (binary distribution format, "Installing
/// a wheel"): a pure function of what the wheel says of itself, of its origin and of the target.
struct WheelLayout {
  struct File {
    /// In the archive.
    std::string source;
    /// Below the prefix.
    std::string path;
    /// As packaged.
    std::uint64_t size_bytes = 0;
    /// Of the scheme `scripts`: executable, and `#!python` is to be replaced.
    bool script = false;
  };
  struct Launcher {
    std::string path;
    EntryPoint entry_point;
  };

  /// `numpy-2.0.dist-info`
  std::string dist_info;
  std::string site_packages;
  /// Below the prefix: `bin/python3.11`.
  std::string python;
  /// What the archive brings, in its order; without what is written anew.
  std::vector<File> files;
  std::vector<Launcher> launchers;
  /// The small files written into dist-info, RECORD last.
  std::vector<std::string> generated;

  /// A target without Python is an Error of kind kUnsatisfiable. Two things at one path, and a path
  /// of an unknown scheme, are one of kind kRefused.
  static WheelLayout make(const PackageFacts& facts, const PackageOrigin& origin,
                          const InstallTarget& target);

  std::string in_dist_info(std::string_view name) const;
  /// Everything, sorted by path.
  std::vector<PackagePath> installed_paths() const;
};

/// The one top-level `*.dist-info` among a wheel's paths that belongs to `distribution`; none or
/// another one is an Error of kind kIntegrity.
std::string find_dist_info(const std::vector<PackagePath>& paths, std::string_view distribution);

}  // namespace kasane::builder
