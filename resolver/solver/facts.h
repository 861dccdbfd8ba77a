#pragma once

#include <span>
#include <unordered_map>
#include <vector>

#include "resolver/solver/conflict.h"
#include "resolver/solver/universe.h"

namespace kasane::resolver::solver {

/// Something that the problem or a candidate says. Candidates of one package that say the same
/// share one fact.
struct Fact {
  FactKind kind;
  Variable subject;
  /// Which candidates of the subject say so.
  SetRef speakers = {};
  std::span<const VersionSetId> sets = {};
  VersionSetId condition = VersionSetId::none();
  /// None while a package that the fact speaks of has not been asked for.
  NogoodId nogood = NogoodId::none();
  /// The candidate of a lock.
  CandidateId locked = CandidateId::none();
};

/// All facts met so far, handed to the engine as nogoods. Facts about packages that nothing
/// requires yet wait until something does.
class FactBook {
 public:
  explicit FactBook(Universe& universe) : universe_(universe) {}

  /// Writes down what the problem says, which must outlive this. `root` says it.
  void begin(const Problem& problem, Variable root);
  /// Writes down what a candidate says. The requirements' facts are those of `requirements` then.
  void expand(Variable v, std::uint32_t place);
  bool expanded(Variable v, std::uint32_t place) const;
  /// The condition of a requirement has come true: what it requires is asked for now. False: it
  /// was known before.
  bool wake(FactId id);
  /// In the order in which they are to be met.
  std::span<const FactId> requirements(Variable v, std::uint32_t place) const;
  /// One variable with one candidate for each preference, in order.
  std::span<const Variable> preferences() const { return preferences_; }
  /// Which of the set's candidates to try first, of those that are still possible; kNone: none is.
  std::uint32_t best(Variable v, SetRef set) const;

  const Fact& fact(FactId id) const { return facts_[id.value()]; }
  ConflictFact describe(FactId id);
  std::uint32_t expanded_count() const { return expanded_count_; }

 private:
  struct Expansion {
    std::uint32_t first = bits::kNone;
    std::uint32_t count = 0;
  };

  void grow_tables();
  void take_preferences(const Problem& problem);
  void load(PackageId package);
  void exclude(Variable v);
  void exclude(const Fact& fact);
  void lock(Variable v, CandidateId candidate);
  void order(std::vector<const Requirement*>& requirements);
  bool load_all(std::span<const VersionSetId> sets);
  void hint_at_next(std::span<const FactId> requirements);
  void state(Variable v, std::uint32_t place, const Dependencies& said);
  FactId state(const Fact& fact, std::uint32_t place);
  bool shareable(const Fact& fact);
  FactId add(Fact fact);
  void enter(FactId id);
  void enter_or_wait(FactId id);
  bool wait_for(PackageId package, FactId id);
  std::vector<Term> terms_of(const Fact& fact);
  void add_term(std::vector<Term>& terms, Variable v, SetRef set);
  CandidateGroup group(VersionSetId set);
  std::vector<CandidateId> candidates(Variable v, SetRef set) const;

  Universe& universe_;
  Variable root_;
  std::vector<Fact> facts_;
  std::unordered_map<std::uint64_t, FactId> shared_;
  std::vector<FactId> requirement_lists_;
  /// By variable, then by place.
  std::vector<std::vector<Expansion>> expansions_;
  std::vector<std::vector<std::uint32_t>> favoured_;
  /// By package.
  std::vector<std::vector<FactId>> waiting_;
  std::vector<Variable> preferences_;
  std::vector<VersionSetId> preferred_sets_;
  const Problem* problem_ = nullptr;
  std::uint32_t expanded_count_ = 0;
};

}  // namespace kasane::resolver::solver
