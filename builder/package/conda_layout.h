#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "builder/package/package.h"

namespace kasane::builder {

/// Where the paths of a conda package go. A package that is not noarch Python keeps its paths.
/// Borrows the target.
class CondaLayout {
 public:
  CondaLayout(PackageFacts::Kind kind, const InstallTarget& target)
      : kind_(kind), target_(target) {}

  /// A noarch Python package into a prefix without Python is an Error of kind kRefused.
  std::string place(std::string_view packaged) const;
  bool makes_scripts() const { return kind_ == PackageFacts::Kind::kCondaNoarchPython; }
  const PythonLayout& python() const;

 private:
  PackageFacts::Kind kind_;
  const InstallTarget& target_;
};

/// `conda-meta/<name>-<version>-<build>.json`
std::string conda_record_path(std::string_view name, std::string_view version,
                              std::string_view build);

/// See installed_paths(), of which this is the part for conda packages.
std::vector<PackagePath> conda_installed_paths(const PackageFacts& facts,
                                               const InstallTarget& target);

}  // namespace kasane::builder
