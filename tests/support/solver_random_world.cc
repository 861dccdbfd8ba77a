#include "tests/support/solver_random_world.h"

#include <random>
#include <string>

namespace kasane::test {

namespace {

class Generator {
 public:
  explicit Generator(std::uint32_t seed) : random_(seed) {}

  SolverWorld make() {
    const bool large = !one_in(3);
    tangled_ = large && one_in(2);
    most_candidates_ = large ? 5 : 3;
    const std::size_t packages = large ? 5 + below(tangled_ ? 4 : 3) : 2 + below(4);
    const std::vector<std::string> names = {"e", "b", "f", "d", "a", "h", "g", "c"};
    for (std::size_t p = 0; p < packages; ++p) {
      world_.packages.push_back({names[p], std::vector<SolverWorld::Candidate>(candidate_count())});
    }
    for (auto& package : world_.packages) {
      for (std::size_t c = 0; c < package.candidates.size(); ++c) {
        fill(package.candidates[c], std::to_string(package.candidates.size() - c));
      }
    }
    for (std::size_t i = 0, count = 1 + below(3); i < count; ++i) world_.needs.push_back(need());
    if (one_in(4)) world_.pins.push_back(set());
    for (std::size_t i = 0, count = one_in(2) ? below(4) : 0; i < count; ++i) {
      world_.preferences.push_back({set(), static_cast<std::uint32_t>(below(3))});
    }
    if (one_in(8)) add_place(world_.locked);
    if (one_in(3)) add_place(world_.favoured);
    if (one_in(6)) add_place(world_.favoured);
    const bool two_providers = one_in(2);
    for (auto& package : world_.packages) package.later = two_providers && one_in(2);
    return std::move(world_);
  }

 private:
  std::size_t below(std::size_t limit) { return random_() % limit; }
  bool one_in(std::size_t count) { return below(count) == 0; }

  std::size_t candidate_count() {
    if (tangled_) return 2 + below(3);
    return one_in(40) ? 0 : 1 + below(most_candidates_);
  }

  SolverWorld::Set set() {
    SolverWorld::Set set{below(world_.packages.size()), {}, ""};
    const auto& package = world_.packages[set.package];
    const bool may_be_empty = one_in(30);
    while (set.places.empty() && !package.candidates.empty()) {
      for (std::size_t c = 0; c < package.candidates.size(); ++c) {
        if (tangled_ ? !one_in(3) : one_in(2)) set.places.push_back(c);
      }
      if (may_be_empty) break;
    }
    set.text = package.name;
    return set;
  }

  SolverWorld::Need need() {
    SolverWorld::Need need;
    need.any_of.push_back(set());
    while (one_in(7)) need.any_of.push_back(set());
    if (one_in(7)) need.condition = set();
    need.rank = static_cast<std::uint32_t>(below(3));
    return need;
  }

  void fill(SolverWorld::Candidate& candidate, const std::string& version) {
    candidate.version = version;
    const std::size_t count = tangled_ ? 2 + below(2) : below(4);
    for (std::size_t i = 0; i < count; ++i) candidate.needs.push_back(need());
    if (tangled_) return;
    if (one_in(3)) candidate.constrains.push_back(set());
    if (one_in(20)) candidate.excluded = "excluded";
    if (one_in(30)) candidate.unusable = "unusable";
  }

  void add_place(std::vector<SolverWorld::Place>& places) {
    const std::size_t package = below(world_.packages.size());
    const std::size_t count = world_.packages[package].candidates.size();
    if (count > 0) places.push_back({package, below(count)});
  }

  std::mt19937 random_;
  std::size_t most_candidates_ = 0;
  /// Few facts rule a candidate out at once, many do together.
  bool tangled_ = false;
  SolverWorld world_;
};

}  // namespace

SolverWorld make_random_world(std::uint32_t seed) { return Generator(seed).make(); }

}  // namespace kasane::test
