#pragma once

#include <cstddef>
#include <optional>
#include <string_view>

#include "resolver/pypi/python_version.h"
#include "resolver/pypi/simple_index.h"
#include "resolver/pypi/wheel_name.h"

namespace kasane::resolver::pypi {

/// A file of one version of a project, told by its name: a wheel or a source distribution.
struct DistributionFile {
  PythonVersion version;
  /// Not there for a source distribution.
  std::optional<WheelName> wheel;
  IndexFile file;
  /// The place of the index, or of what `--find-links` names, that it is from.
  std::size_t origin = 0;

  /// Nothing when the file is neither, or of another project than `project`, which is normalised.
  static std::optional<DistributionFile> find(IndexFile file, std::string_view project);
};

/// The version in the name of a source distribution of `project`, which is normalised:
/// `project-version.tar.gz` (PEP 625), and as older tools wrote it, with any spelling of the name.
std::optional<PythonVersion> find_source_version(std::string_view file_name,
                                                 std::string_view project);

}  // namespace kasane::resolver::pypi
