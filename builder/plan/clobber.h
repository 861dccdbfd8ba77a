#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <vector>

#include "base/warning.h"
#include "builder/package/package.h"

namespace kasane::builder {

/// What each package would bring, in the stated order.
struct PackageFiles {
  std::string name;
  std::vector<PackagePath> paths;
};

struct Clobbers {
  /// For each package, the paths that a later one brings too; sorted. A package that loses a Python
  /// source also loses the byte-code that it ships for it.
  std::vector<std::vector<std::string>> excluded;
  /// Code `clobber`: each names both packages.
  Warnings warnings;
};

/// Where two packages bring the same path the later one wins. A path that is a file for one and a
/// directory for another cannot be installed: an Error of kind kRefused that names both.
Clobbers find_clobbers(std::span<const PackageFiles> packages);

}  // namespace kasane::builder
