#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <string>
#include <tuple>
#include <vector>

#include "resolver/solver/problem.h"
#include "resolver/solver/provider.h"

namespace kasane::test {

/// Packages by the thousand, for measuring and for cases that make a search run away. Sets of
/// candidates are ranges of places, best first.
class LargeWorld : public resolver::solver::Provider {
 public:
  resolver::solver::PackageId add_package(std::string name, std::uint32_t candidates);
  /// Places from `first` up to, not including, `end`.
  resolver::solver::VersionSetId range(resolver::solver::PackageId package, std::uint32_t first,
                                       std::uint32_t end);
  resolver::solver::VersionSetId any(resolver::solver::PackageId package);
  void require(resolver::solver::PackageId package, std::uint32_t place,
               resolver::solver::VersionSetId set);
  void constrain(resolver::solver::PackageId package, std::uint32_t place,
                 resolver::solver::VersionSetId set);
  /// A problem that asks for these, in this order.
  resolver::solver::Problem request(const std::vector<resolver::solver::VersionSetId>& sets) const;
  std::uint32_t candidate_count(resolver::solver::PackageId package) const;
  std::uint32_t package_count() const { return static_cast<std::uint32_t>(packages_.size()); }

  std::string_view name(resolver::solver::PackageId package) override;
  resolver::solver::Candidates candidates(resolver::solver::PackageId package) override;
  resolver::solver::Dependencies dependencies(resolver::solver::CandidateId candidate) override;
  resolver::solver::PackageId package_of(resolver::solver::VersionSetId set) override;
  void select(resolver::solver::VersionSetId set, resolver::solver::CandidateMask& mask) override;

 private:
  struct Range {
    resolver::solver::PackageId package;
    std::uint32_t first;
    std::uint32_t end;
    bool operator<(const Range& other) const {
      return std::tie(package, first, end) < std::tie(other.package, other.first, other.end);
    }
  };
  struct Said {
    std::vector<resolver::solver::Requirement> requirements;
    std::vector<resolver::solver::VersionSetId> constrains;
  };
  struct Package {
    std::string name;
    std::vector<resolver::solver::CandidateId> candidates;
  };

  std::vector<Package> packages_;
  std::vector<Said> said_;
  /// Requirements hold spans of these: they never move.
  std::deque<resolver::solver::VersionSetId> set_ids_;
  std::vector<Range> sets_;
  std::map<Range, std::uint32_t> interned_;
};

/// Shaped like a conda channel: a few packages that nearly all need, with many builds; most have
/// some versions for several releases of `python`; ranges that mostly fit the newest ones.
struct ChannelShape {
  std::uint32_t packages = 3000;
  /// How much of a target's versions a range spans at most: the less, the more conflicts.
  double widest_range = 0.5;
  std::uint32_t seed = 1;
};
void fill_like_a_channel(LargeWorld& world, const ChannelShape& shape);

/// Each version of `boto3` needs its own narrow range of `botocore`; only the oldest ones go with
/// what else is asked for.
resolver::solver::Problem fill_with_lockstep(LargeWorld& world, std::uint32_t versions);

/// `count` packages, of which no two may have the same one of `count - 1` candidates.
resolver::solver::Problem fill_with_pigeons(LargeWorld& world, std::uint32_t count);

/// A chain in which each version needs the same version of the next package, and the last package
/// has only the oldest one.
resolver::solver::Problem fill_with_chain(LargeWorld& world, std::uint32_t length,
                                          std::uint32_t versions);

}  // namespace kasane::test
