#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace kasane::test {

/// A small set of packages and one request, in plain lists. Packages and candidates are named by
/// their place; candidates stand best first.
struct SolverWorld {
  struct Set {
    std::size_t package;
    std::vector<std::size_t> places;
    /// As it was written.
    std::string text;
  };
  struct Need {
    std::vector<Set> any_of;
    std::optional<Set> condition;
    std::uint32_t rank = 0;
  };
  struct Candidate {
    std::string version;
    std::vector<Need> needs;
    std::vector<Set> constrains;
    /// Why it must not be chosen; empty: it may.
    std::string excluded;
    std::string unusable;
  };
  struct Package {
    std::string name;
    std::vector<Candidate> candidates;
    /// What asks for it waits until nothing else does.
    bool later = false;
  };
  struct Preference {
    Set set;
    std::uint32_t rank = 0;
  };
  struct Place {
    std::size_t package;
    std::size_t candidate;
  };

  std::vector<Package> packages;
  std::vector<Need> needs;
  std::vector<Set> pins;
  std::vector<Preference> preferences;
  std::vector<Place> locked;
  std::vector<Place> favoured;

  std::size_t package_named(std::string_view name) const;
};

/// A record as tests write it. Requirements look like `b`, `b >=2`, `b >=2,<4`, `b 2`, with
/// alternatives (`b 2 | c`) and a condition (`b >=2 if python <3.9`).
struct WorldRecord {
  std::string name;
  std::string version;
  std::vector<std::string> depends = {};
  std::vector<std::string> constrains = {};
  std::string excluded = {};
  std::string unusable = {};
};

/// What a test asks for. Locked and favoured candidates look like `b 2`.
struct WorldRequest {
  std::vector<std::string> needs = {};
  std::vector<std::string> pins = {};
  std::vector<std::string> preferences = {};
  std::vector<std::string> locked = {};
  std::vector<std::string> favoured = {};
};

/// Versions are dotted numbers, the highest is the best. Names that nobody has become packages
/// without candidates. The request's needs and preferences are ranked in their order.
SolverWorld make_world(const std::vector<WorldRecord>& records, const WorldRequest& request);

}  // namespace kasane::test
