#pragma once

#include <cstddef>
#include <deque>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "resolver/pypi/marker.h"
#include "resolver/pypi/marker_environment.h"
#include "resolver/pypi/specifier_set.h"
#include "resolver/pypi/tags.h"

namespace kasane::resolver::pypi {

/// A Python for which distributions are chosen.
struct PypiTarget {
  MarkerEnvironment environment;
  WheelTarget wheels;
  /// The Python that there is, as a version.
  PythonVersion python;
};

/// CPython `full_version`, for `machine` as platform tags have it.
PypiTarget cpython_target(const PythonVersion& version, const std::string& machine, TargetLibc libc,
                          bool free_threaded = false);

/// Which of the Pythons, by their place.
using PythonSet = std::vector<bool>;

/// The Pythons of which a solve chooses one, best first. Conditions are sets of them. One thread.
class Pythons {
 public:
  explicit Pythons(std::vector<PypiTarget> targets);

  std::size_t size() const { return targets_.size(); }
  const PypiTarget& operator[](std::size_t place) const { return targets_[place]; }

  PythonSet none() const { return PythonSet(size(), false); }
  PythonSet all() const { return PythonSet(size(), true); }
  PythonSet select(const SpecifierSet& requires_python) const;
  /// Where the marker holds for the optional feature `extra`, empty where none was asked for; an
  /// Error as Marker::evaluate's.
  const PythonSet& select(const Marker& marker, const std::string& extra = {});
  /// As people say it: `Python 3.9–3.11`.
  std::string text(const PythonSet& set) const;

  /// Pythons that take the same wheels share tags.
  std::size_t tag_kinds() const { return tags_.size(); }
  std::size_t tag_kind(std::size_t place) const { return kinds_[place]; }
  const TagRanks& tags(std::size_t kind) const { return tags_[kind]; }

 private:
  std::vector<PypiTarget> targets_;
  std::vector<std::size_t> kinds_;
  std::deque<TagRanks> tags_;
  std::map<std::pair<std::string, std::string>, PythonSet> marked_;
};

bool holds_everywhere(const PythonSet& set);
bool holds_nowhere(const PythonSet& set);

}  // namespace kasane::resolver::pypi
