#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "resolver/pypi/python_version.h"
#include "resolver/pypi/requirement.h"

namespace kasane::resolver::pypi {

/// What a distribution says of itself that matters to resolving (core metadata up to 2.4).
struct Metadata {
  /// `2.4`; empty in files that do not say.
  std::string metadata_version;
  /// As it was written.
  std::string name;
  PythonVersion version;
  std::vector<Requirement> requires_dist;
  std::optional<SpecifierSet> requires_python;
  /// Normalised, sorted, each once.
  std::vector<std::string> provides_extra;
  /// Headers that a build may change (PEP 643), in lower case.
  std::vector<std::string> dynamic;
  /// Values of `Requires-Dist` that nobody can read. A distribution that has one cannot be used.
  std::vector<std::string> unreadable_requirements;
  /// The value of a `Requires-Python` that nobody can read; it counts for nothing, as with pip.
  std::optional<std::string> unreadable_python;

  /// Reads METADATA or PKG-INFO. Name and version must be there, the format's major version must be
  /// 1 or 2; where real files are wrong in other ways, what can be read is taken. `what` names the
  /// file in errors: kIntegrity, kRefused for another format.
  static Metadata parse(std::string_view text, std::string_view what);

  /// Whether a PKG-INFO says what a wheel built of it will say (PEP 643).
  bool dependencies_are_static() const;
};

}  // namespace kasane::resolver::pypi
