#pragma once

#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "resolver/pypi/distribution_source.h"
#include "resolver/pypi/specifier_set.h"
#include "resolver/pypi/tags.h"

namespace kasane::resolver::pypi {

/// Which files a target takes, and which versions one who asks wants to see at all.
struct VersionChoice {
  const TagRanks& tags;
  /// Source distributions may be taken where a version has no wheel for the target.
  bool allow_sources = false;
  /// Normalised names whose wheels, or whose source distributions, must not be taken.
  std::set<std::string> no_binary = {};
  std::set<std::string> only_binary = {};
  /// Pre-releases of all projects may be taken.
  bool prereleases = false;
};

/// One version of a project, with the file that stands for it.
struct ProjectVersion {
  /// The best wheel for the target, else a source distribution; nullptr when no file will do.
  const DistributionFile* file = nullptr;
  const PythonVersion* version = nullptr;
  /// Why it must not be chosen; empty where it may.
  std::string excluded;
};

/// All versions of a project, best first. `direct` are the specifiers by which the request itself
/// asks for the project, without its dependencies: they alone bring pre-releases and yanked files
/// in (docs/pypi.md, "Which versions there are"). Borrows `files`.
std::vector<ProjectVersion> list_versions(std::string_view project, const ProjectFiles& files,
                                          const std::vector<SpecifierSet>& direct,
                                          const VersionChoice& choice);

}  // namespace kasane::resolver::pypi
