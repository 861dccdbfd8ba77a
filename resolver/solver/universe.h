#pragma once

#include <compare>
#include <string_view>
#include <vector>

#include "resolver/solver/engine.h"
#include "resolver/solver/provider.h"

namespace kasane::resolver::solver {

/// What the solver has asked the provider for so far: packages as variables, version sets as rows
/// of bits. A package that was only mentioned has a name and nothing else.
class Universe {
 public:
  Universe(Provider& provider, Engine& engine) : provider_(provider), engine_(engine) {}

  Provider& provider() const { return provider_; }
  Engine& engine() const { return engine_; }

  std::string_view name(PackageId package) { return at(package).name; }
  bool loaded(PackageId package) { return static_cast<bool>(at(package).variable); }
  /// Asks for the candidates and makes the variable. Not yet loaded.
  void load(PackageId package);
  /// Loaded.
  Variable variable(PackageId package) { return at(package).variable; }
  const Candidates& candidates(PackageId package) { return at(package).candidates; }
  PackageId package(Variable v) const { return owners_[v.value()]; }
  std::uint32_t loaded_count() const { return loaded_count_; }

  PackageId package_of(VersionSetId set) { return at(set).package; }
  /// The set's candidates, as a row of its package's variable. The package is loaded.
  SetRef members(VersionSetId set);
  /// The same, and "absent".
  SetRef members_or_absent(VersionSetId set);
  /// Whether the two sets' rows are in this order; equal where either package is not loaded.
  std::strong_ordering compare(VersionSetId a, VersionSetId b);

  /// A variable that stands for no package.
  Variable add_plain_variable(std::uint32_t candidates);

 private:
  struct Package {
    std::string_view name;
    bool known = false;
    Variable variable;
    Candidates candidates;
  };
  struct VersionSet {
    PackageId package;
    SetRef members;
    SetRef members_or_absent;
    bool has_members = false;
    bool has_members_or_absent = false;
  };
  Package& at(PackageId package);
  VersionSet& at(VersionSetId set);

  Provider& provider_;
  Engine& engine_;
  std::vector<Package> packages_;
  std::vector<VersionSet> sets_;
  std::vector<PackageId> owners_;
  std::uint32_t loaded_count_ = 0;
};

}  // namespace kasane::resolver::solver
