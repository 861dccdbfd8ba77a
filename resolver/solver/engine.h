#pragma once

#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "resolver/solver/analysis.h"
#include "resolver/solver/domains.h"
#include "resolver/solver/nogoods.h"

namespace kasane::resolver::solver {

/// The search's mechanics: keeps nogoods, draws what follows from them, and learns from conflicts.
/// Knows nothing of packages or of what is preferred: its user decides. Variables and nogoods may
/// be added at any level; what follows from them at lower levels is drawn again after going back.
class Engine {
 public:
  Engine() : analysis_(domains_, store_) {}
  Engine(const Engine&) = delete;
  Engine& operator=(const Engine&) = delete;

  const Domains& domains() const { return domains_; }
  NogoodStore& store() { return store_; }
  const NogoodStore& store() const { return store_; }

  Variable add_variable(std::uint32_t candidates);
  NogoodId add_fact(std::span<const Term> terms, FactId fact);
  /// The set of the nogood's term over `v` has grown. Only for nogoods of two terms.
  void grew(NogoodId nogood, Variable v);
  /// Takes a set of candidates out for good. Only for variables that nothing else has touched yet.
  NogoodId exclude(Variable v, SetRef set, FactId fact);

  /// Draws all that follows. False: there is a conflict, and `learn` comes next.
  bool propagate();
  void decide(Variable v, std::uint32_t bit);
  /// Learns from the conflict and goes back. False: the problem is refuted.
  bool learn();
  /// The facts that the refutation rests on.
  std::vector<FactId> refutation() const { return store_.facts_behind(refutation_); }

  /// Variables that came down to one candidate since the last call; some may have been widened
  /// again.
  std::vector<Variable> take_fixed() { return std::exchange(fixed_, {}); }
  std::uint32_t conflicts() const { return conflicts_; }
  /// A measure of the work done that is the same on every machine.
  std::uint64_t steps() const { return steps_; }

 private:
  /// `witness` is a value outside the watched term's set: while it is possible, the term does not
  /// hold.
  struct Watch {
    NogoodId nogood;
    std::uint32_t witness;
  };
  struct Late {
    NogoodId nogood;
    std::uint32_t level;
  };

  bool holds(const Term& term) const {
    return domains_.within(term.variable, store_.view(term.set));
  }
  void watch(const Term& term, NogoodId nogood);
  void order_terms(NogoodId nogood);
  void enter(NogoodId nogood);
  void check(NogoodId nogood);
  void rule_out(NogoodId nogood, const Term& term);
  NogoodId derive_at_base(NogoodId nogood, const Term& term);
  void visit_watches(Variable v);
  bool keep_watching(Variable v, Watch& watch);
  void backtrack(std::uint32_t level);

  Domains domains_;
  NogoodStore store_;
  ConflictAnalysis analysis_;
  std::vector<std::vector<Watch>> watches_;
  std::vector<std::vector<NogoodId>> removed_at_base_;
  std::vector<Variable> queue_;
  std::vector<bool> queued_;
  std::vector<Late> late_;
  std::vector<Variable> fixed_;
  std::optional<NogoodId> conflict_;
  std::vector<NogoodId> refutation_;
  std::uint32_t conflicts_ = 0;
  std::uint64_t steps_ = 0;
};

}  // namespace kasane::resolver::solver
