#include "resolver/solver/solver.h"

#include <utility>

#include "resolver/solver/facts.h"
#include "resolver/solver/frontier.h"
#include "resolver/solver/minimise.h"

namespace kasane::resolver::solver {

namespace {

class Search {
 public:
  Search(Provider& provider, const Problem& problem, std::stop_token stop)
      : universe_(provider, engine_), problem_(problem), stop_(std::move(stop)) {}

  Outcome run() {
    begin();
    while (!stop_.stop_requested()) {
      if (!engine_.propagate()) {
        if (!engine_.learn()) return outcome(conflict());
        frontier_.restore(engine_.domains().level());
        continue;
      }
      if (expand_fixed()) continue;
      const auto decision = frontier_.next();
      if (frontier_.take_woken()) continue;
      if (!decision) return outcome(solution());
      if (expand(decision->variable, decision->place)) continue;
      frontier_.mark();
      ++decisions_;
      engine_.decide(decision->variable, decision->place);
    }
    return outcome(Cancelled{});
  }

 private:
  void begin() {
    const Variable root = universe_.add_plain_variable(1);
    const SetRef absent = engine_.store().keep_set(1);
    bits::set(engine_.store().row(absent), engine_.domains().absent(root));
    engine_.exclude(root, absent, FactId::none());
    facts_.begin(problem_, root);
    frontier_.begin(root);
  }

  /// Asks for the candidate's dependencies, if that has not been done.
  bool expand(Variable v, std::uint32_t place) {
    if (!universe_.package(v) || facts_.expanded(v, place)) return false;
    facts_.expand(v, place);
    return true;
  }

  bool expand_fixed() {
    bool any = false;
    const Domains& domains = engine_.domains();
    for (const Variable v : engine_.take_fixed()) {
      if (!domains.fixed(v)) continue;
      const std::uint32_t place = bits::first(domains.now(v), domains.words(v));
      if (place != domains.absent(v)) any |= expand(v, place);
    }
    return any;
  }

  Solution solution() const {
    const Domains& domains = engine_.domains();
    Solution solution;
    for (const Variable v : frontier_.visited()) {
      const PackageId package = universe_.package(v);
      if (!package) continue;
      const std::uint32_t place = bits::first(domains.now(v), domains.words(v));
      solution.choices.push_back({package, universe_.candidates(package).ordered[place]});
    }
    return solution;
  }

  Conflict conflict() {
    std::vector<EnteredFact> facts;
    for (const FactId id : engine_.refutation()) facts.push_back({id, facts_.fact(id).nogood});
    Conflict conflict;
    for (const EnteredFact& entered : minimise(engine_, std::move(facts), stop_)) {
      conflict.facts.push_back(facts_.describe(entered.fact));
    }
    return conflict;
  }

  Outcome outcome(std::variant<Solution, Conflict, Cancelled> result) const {
    return {std::move(result),
            {decisions_, engine_.conflicts(), universe_.loaded_count(), facts_.expanded_count()}};
  }

  Engine engine_;
  mutable Universe universe_;
  FactBook facts_{universe_};
  Frontier frontier_{universe_, facts_};
  const Problem& problem_;
  std::stop_token stop_;
  std::uint32_t decisions_ = 0;
};

}  // namespace

Outcome solve(Provider& provider, const Problem& problem, std::stop_token stop) {
  return Search(provider, problem, std::move(stop)).run();
}

}  // namespace kasane::resolver::solver
