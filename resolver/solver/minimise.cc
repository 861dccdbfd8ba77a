#include "resolver/solver/minimise.h"

#include <algorithm>
#include <optional>

namespace kasane::resolver::solver {

namespace {

constexpr std::uint32_t kConflictsPerTrial = 20'000;
/// Facts times trials: above this, what is left stays.
constexpr std::uint64_t kTotalEffort = 4'000'000;

/// A few facts, alone, with no preference and nothing to fetch.
class Trial {
 public:
  Trial(const Engine& from, std::span<const EnteredFact> facts, std::size_t left_out)
      : from_(from), variables_(from.domains().size()) {
    for (std::size_t i = 0; i < facts.size(); ++i) {
      if (i != left_out) add(facts[i]);
    }
  }

  /// The facts that the refutation needs; none when there is a solution, or none is found soon.
  std::optional<std::vector<FactId>> refute() {
    while (engine_.conflicts() < kConflictsPerTrial) {
      if (!engine_.propagate()) {
        if (!engine_.learn()) return engine_.refutation();
        next_ = 0;
        continue;
      }
      if (!decide()) return std::nullopt;
    }
    return std::nullopt;
  }

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
};

std::vector<EnteredFact> only(const std::vector<EnteredFact>& facts,
                              const std::vector<FactId>& needed) {
  std::vector<EnteredFact> kept;
  for (const EnteredFact& entered : facts) {
    if (std::binary_search(needed.begin(), needed.end(), entered.fact)) kept.push_back(entered);
  }
  return kept;
}

}  // namespace

std::vector<EnteredFact> minimise(const Engine& engine, std::vector<EnteredFact> facts,
                                  std::stop_token stop) {
  std::uint64_t effort = 0;
  for (std::size_t i = facts.size(); i-- > 0 && effort < kTotalEffort;) {
    if (stop.stop_requested()) break;
    effort += facts.size();
    i = std::min(i, facts.size() - 1);
    if (const auto needed = Trial(engine, facts, i).refute()) facts = only(facts, *needed);
  }
  return facts;
}

}  // namespace kasane::resolver::solver
