#include "resolver/solver/minimise.h"

#include <algorithm>
#include <optional>
#include <utility>

namespace kasane::resolver::solver {

namespace {

/// Steps of the engine for one conflict: a fraction of a second.
constexpr std::uint64_t kBudget = 20'000'000;
/// What setting a trial up costs for each fact, in the same measure.
constexpr std::uint64_t kStepsPerFact = 20;

/// A few facts, alone, with no preference and nothing to fetch.
class Trial {
 public:
  Trial(const Engine& from, std::span<const EnteredFact> facts)
      : from_(from), variables_(from.domains().size()) {
    for (const EnteredFact& entered : facts) add(entered);
    set_up_ = facts.size() * kStepsPerFact;
  }

  /// The facts that the refutation needs; none when there is a solution, or when `budget` is used
  /// up.
  std::optional<std::vector<FactId>> refute(std::uint64_t budget) {
    while (steps() < budget) {
      if (!engine_.propagate()) {
        if (!engine_.learn()) return engine_.refutation();
        next_ = 0;
        continue;
      }
      if (!decide()) return std::nullopt;
    }
    return std::nullopt;
  }

  std::uint64_t steps() const { return engine_.steps() + set_up_; }

 private:
  void add(const EnteredFact& entered) {
    std::vector<Term> terms;
    for (const Term& term : from_.store().terms(entered.nogood)) {
      Variable& v = variables_[term.variable.value()];
      if (!v) v = engine_.add_variable(from_.domains().absent(term.variable));
      const std::uint32_t words = engine_.domains().words(v);
      const SetRef copy = engine_.store().keep_set(from_.store().view(term.set).words, words);
      terms.push_back({v, term.set.negated() ? ~copy : copy});
    }
    engine_.add_fact(terms, entered.fact);
  }

  /// Absence wherever it is possible: whatever nothing asks for stays out of the way.
  bool decide() {
    const Domains& domains = engine_.domains();
    for (; next_ < domains.size(); ++next_) {
      const Variable v(next_);
      if (domains.fixed(v)) continue;
      const bool may_be_absent = bits::test(domains.now(v), domains.absent(v));
      engine_.decide(
          v, may_be_absent ? domains.absent(v) : bits::first(domains.now(v), domains.words(v)));
      return true;
    }
    return false;
  }

  const Engine& from_;
  Engine engine_;
  std::vector<Variable> variables_;
  std::uint32_t next_ = 0;
  std::uint64_t set_up_ = 0;
};

std::vector<EnteredFact> only(const std::vector<EnteredFact>& facts,
                              const std::vector<FactId>& needed) {
  std::vector<EnteredFact> kept;
  for (const EnteredFact& entered : facts) {
    if (std::binary_search(needed.begin(), needed.end(), entered.fact)) kept.push_back(entered);
  }
  return kept;
}

class Minimiser {
 public:
  Minimiser(const Engine& engine, std::vector<EnteredFact> facts, std::stop_token stop)
      : engine_(engine), facts_(std::move(facts)), stop_(std::move(stop)) {}

  std::vector<EnteredFact> run() {
    refine();
    for (std::size_t block = facts_.size() / 4; block > 1; block /= 4) leave_out_blocks(block);
    leave_out_blocks(1);
    return std::move(facts_);
  }

 private:
  bool may_go_on() const { return budget_ > 0 && !stop_.stop_requested(); }

  /// Whether `facts` suffice; if so, those of them that were needed are what is left.
  bool suffices(const std::vector<EnteredFact>& facts) {
    Trial trial(engine_, facts);
    const auto needed = trial.refute(budget_);
    budget_ -= std::min(budget_, trial.steps());
    if (needed) facts_ = only(facts, *needed);
    return needed.has_value();
  }

  /// A second proof often needs less than the first, which grew with the search.
  void refine() {
    for (std::size_t before = facts_.size() + 1; facts_.size() < before && may_go_on();) {
      before = facts_.size();
      if (!suffices(facts_)) return;
    }
  }

  void leave_out_blocks(std::size_t size) {
    for (std::size_t end = facts_.size(); end > 0 && may_go_on();) {
      const std::size_t begin = end - std::min(end, size);
      std::vector<EnteredFact> rest = facts_;
      const auto at = rest.begin();
      rest.erase(at + static_cast<std::ptrdiff_t>(begin), at + static_cast<std::ptrdiff_t>(end));
      suffices(rest);
      end = std::min(begin, facts_.size());
    }
  }

  const Engine& engine_;
  std::vector<EnteredFact> facts_;
  std::stop_token stop_;
  std::uint64_t budget_ = kBudget;
};

}  // namespace

std::vector<EnteredFact> minimise(const Engine& engine, std::vector<EnteredFact> facts,
                                  std::stop_token stop) {
  return Minimiser(engine, std::move(facts), std::move(stop)).run();
}

}  // namespace kasane::resolver::solver
