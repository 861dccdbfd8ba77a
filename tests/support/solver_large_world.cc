#include "tests/support/solver_large_world.h"

#include <algorithm>
#include <random>

#include <fmt/format.h>

namespace kasane::test {

using resolver::solver::CandidateId;
using resolver::solver::CandidateMask;
using resolver::solver::Candidates;
using resolver::solver::Dependencies;
using resolver::solver::PackageId;
using resolver::solver::Problem;
using resolver::solver::Requirement;
using resolver::solver::VersionSetId;

PackageId LargeWorld::add_package(std::string name, std::uint32_t candidates) {
  Package package{std::move(name), {}};
  for (std::uint32_t i = 0; i < candidates; ++i) {
    package.candidates.emplace_back(static_cast<std::uint32_t>(said_.size()));
    said_.emplace_back();
  }
  packages_.push_back(std::move(package));
  return PackageId(package_count() - 1);
}

VersionSetId LargeWorld::range(PackageId package, std::uint32_t first, std::uint32_t end) {
  const Range range{package, first, end};
  const auto [found, fresh] = interned_.emplace(range, static_cast<std::uint32_t>(sets_.size()));
  if (fresh) {
    sets_.push_back(range);
    set_ids_.emplace_back(found->second);
  }
  return VersionSetId(found->second);
}

VersionSetId LargeWorld::any(PackageId package) {
  return range(package, 0, candidate_count(package));
}

void LargeWorld::require(PackageId package, std::uint32_t place, VersionSetId set) {
  const CandidateId candidate = packages_[package.value()].candidates[place];
  said_[candidate.value()].requirements.push_back(
      {{&set_ids_[set.value()], 1}, VersionSetId::none(), 0});
}

void LargeWorld::constrain(PackageId package, std::uint32_t place, VersionSetId set) {
  const CandidateId candidate = packages_[package.value()].candidates[place];
  said_[candidate.value()].constrains.push_back(set);
}

Problem LargeWorld::request(const std::vector<VersionSetId>& sets) const {
  Problem problem;
  std::uint32_t rank = 0;
  for (const VersionSetId set : sets) {
    problem.requirements.push_back({{&set_ids_[set.value()], 1}, VersionSetId::none(), rank++});
  }
  return problem;
}

std::uint32_t LargeWorld::candidate_count(PackageId package) const {
  return static_cast<std::uint32_t>(packages_[package.value()].candidates.size());
}

std::string_view LargeWorld::name(PackageId package) { return packages_[package.value()].name; }

Candidates LargeWorld::candidates(PackageId package) {
  return {packages_[package.value()].candidates, {}};
}

Dependencies LargeWorld::dependencies(CandidateId candidate) {
  const Said& said = said_[candidate.value()];
  return {said.requirements, said.constrains};
}

PackageId LargeWorld::package_of(VersionSetId set) { return sets_[set.value()].package; }

void LargeWorld::select(VersionSetId set, CandidateMask& mask) {
  const Range& range = sets_[set.value()];
  for (std::uint32_t place = range.first; place < range.end; ++place) mask.add(place);
}

namespace {

constexpr std::uint32_t kPythons = 5;
constexpr std::uint32_t kPatches = 40;

/// One package after the other; each needs some of those before it, the first ones most often.
class ChannelMaker {
 public:
  ChannelMaker(LargeWorld& world, const ChannelShape& shape)
      : world_(world), widest_range_(shape.widest_range), random_(shape.seed) {
    python_ = world.add_package("python", kPythons * kPatches);
    made_.push_back({python_, kPythons * kPatches, 1});
    while (made_.size() < shape.packages) make();
  }

 private:
  struct Made {
    PackageId package;
    std::uint32_t versions;
    std::uint32_t builds;
  };

  std::uint32_t below(std::uint32_t limit) { return static_cast<std::uint32_t>(random_() % limit); }

  /// Mostly the early ones.
  const Made& pick() {
    const auto size = static_cast<std::uint32_t>(made_.size());
    const std::uint32_t near = std::max<std::uint32_t>(1, std::min(size, 40u));
    return made_[below(3) == 0 ? below(size) : below(near)];
  }

  /// From `newest` on, as far as an author of that age would say; often with an upper bound.
  VersionSetId range_for(const Made& target, double age) {
    const auto versions = static_cast<double>(target.versions);
    const auto known = static_cast<std::uint32_t>(versions * age);
    const std::uint32_t newest =
        below(3) == 0 || widest_range_ < 0.3 ? known - std::min(known, below(4)) : 0;
    const std::uint32_t oldest = std::min(
        target.versions,
        known + 1 + below(std::max(1u, static_cast<std::uint32_t>(versions * widest_range_))));
    return world_.range(target.package, newest * target.builds, oldest * target.builds);
  }

  void make() {
    const bool popular = made_.size() < 40 || below(20) == 0;
    const std::uint32_t versions = popular ? 60 + below(140) : 5 + below(60);
    const bool compiled = below(2) == 0;
    const std::uint32_t builds = compiled ? kPythons : 1;
    const PackageId package = world_.add_package(
        fmt::format("package-{:05}", random_() % 100000) + "-" + std::to_string(made_.size()),
        versions * builds);
    std::vector<Made> targets;
    const std::uint32_t count = 1 + below(8);
    for (std::uint32_t i = 0; i < count; ++i) targets.push_back(pick());
    for (std::uint32_t version = 0; version < versions; ++version) {
      const double age = static_cast<double>(version) / versions;
      std::vector<VersionSetId> needs;
      for (const Made& target : targets) needs.push_back(range_for(target, age));
      for (std::uint32_t build = 0; build < builds; ++build) {
        say(package, version * builds + build, compiled, build, needs);
      }
    }
    made_.push_back({package, versions, builds});
  }

  void say(PackageId package, std::uint32_t place, bool compiled, std::uint32_t build,
           const std::vector<VersionSetId>& needs) {
    if (compiled) {
      world_.require(package, place,
                     world_.range(python_, build * kPatches, (build + 1) * kPatches));
    } else {
      world_.require(package, place, world_.any(python_));
    }
    for (const VersionSetId set : needs) world_.require(package, place, set);
  }

  LargeWorld& world_;
  double widest_range_;
  std::mt19937 random_;
  PackageId python_;
  std::vector<Made> made_;
};

}  // namespace

void fill_like_a_channel(LargeWorld& world, const ChannelShape& shape) {
  ChannelMaker(world, shape);
}

Problem fill_with_lockstep(LargeWorld& world, std::uint32_t versions) {
  const PackageId boto3 = world.add_package("boto3", versions);
  const PackageId botocore = world.add_package("botocore", versions);
  const PackageId urllib3 = world.add_package("urllib3", 10);
  for (std::uint32_t v = 0; v < versions; ++v) {
    world.require(boto3, v, world.range(botocore, v, std::min(v + 2, versions)));
    world.require(botocore, v,
                  v + 10 < versions ? world.range(urllib3, 5, 10) : world.range(urllib3, 0, 10));
  }
  return world.request({world.any(boto3), world.range(urllib3, 0, 5)});
}

Problem fill_with_pigeons(LargeWorld& world, std::uint32_t count) {
  std::vector<PackageId> pigeons;
  for (std::uint32_t i = 0; i < count; ++i) {
    pigeons.push_back(world.add_package(fmt::format("pigeon{}", i), count - 1));
  }
  std::vector<VersionSetId> wanted;
  for (std::uint32_t i = 0; i < count; ++i) {
    wanted.push_back(world.any(pigeons[i]));
    for (std::uint32_t hole = 0; hole + 1 < count; ++hole) {
      for (std::uint32_t other = i + 1; other < count; ++other) {
        // Ranges cannot leave one out, so a place of its own says it.
        const PackageId hole_of_other =
            world.add_package(fmt::format("p{}-{}-{}", i, hole, other), 2);
        world.require(pigeons[i], hole, world.range(hole_of_other, 0, 1));
        world.require(pigeons[other], hole, world.range(hole_of_other, 1, 2));
      }
    }
  }
  return world.request(wanted);
}

Problem fill_with_chain(LargeWorld& world, std::uint32_t length, std::uint32_t versions) {
  std::vector<PackageId> links;
  for (std::uint32_t i = 0; i < length; ++i) {
    links.push_back(world.add_package(fmt::format("link{:04}", i), versions));
  }
  for (std::uint32_t i = 0; i + 1 < length; ++i) {
    for (std::uint32_t v = 0; v < versions; ++v) {
      world.require(links[i], v, world.range(links[i + 1], v, v + 1));
    }
  }
  const PackageId only_old = world.add_package("missing", 0);
  for (std::uint32_t v = 0; v + 1 < versions; ++v) {
    world.require(links.back(), v, world.any(only_old));
  }
  return world.request({world.any(links.front())});
}

}  // namespace kasane::test
