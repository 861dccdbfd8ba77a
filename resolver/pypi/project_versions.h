#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "resolver/pypi/distribution_source.h"
#include "resolver/pypi/pythons.h"
#include "resolver/pypi/specifier_set.h"

namespace kasane::resolver::pypi {

/// Which files the targets take, and which versions one who asks wants to see at all.
struct VersionChoice {
  const Pythons& pythons;
  /// Source distributions may be taken where a version has no wheel for the target.
  bool allow_sources = false;
  /// Normalised names whose wheels, or whose source distributions, must not be taken.
  std::set<std::string> no_binary = {};
  std::set<std::string> only_binary = {};
  /// Pre-releases of all projects may be taken.
  bool prereleases = false;
  /// Wheels of no project may be taken.
  bool no_wheels = false;
};

/// One version of a project, with the file that stands for it on some of the Pythons.
struct ProjectVersion {
  /// The best wheel for these Pythons, else a source distribution; nullptr when no file will do.
  const DistributionFile* file = nullptr;
  const PythonVersion* version = nullptr;
  /// For which Pythons; none where there is no file.
  PythonSet pythons = {};
  /// The place among what others than indexes offer; then there is no file, and any Python will do
  /// that they take.
  std::optional<std::size_t> offer = std::nullopt;
  /// Why it must not be chosen; empty where it may.
  std::string excluded;
};

/// All versions of a project, best first; where Pythons take different files of one version, these
/// follow each other in the order of the Pythons. `direct` are the specifiers by which the request
/// itself asks for the project, without its dependencies: they alone bring pre-releases and yanked
/// files in (docs/pypi.md, "Which versions there are"). Borrows `files`.
std::vector<ProjectVersion> list_versions(std::string_view project, const ProjectFiles& files,
                                          const std::vector<SpecifierSet>& direct,
                                          const VersionChoice& choice);

}  // namespace kasane::resolver::pypi
