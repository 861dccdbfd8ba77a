#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "resolver/solver/domains.h"

namespace kasane::resolver::solver {

/// A fact of the problem, as a caller of the engine numbers them.
using FactId = Id<struct FactTag>;

/// Where a row of bits is kept in the store, and whether it is meant as what is not in it.
class SetRef {
 public:
  SetRef() = default;
  explicit SetRef(std::uint32_t offset, bool negated = false)
      : value_(offset << 1 | static_cast<std::uint32_t>(negated)) {}
  std::uint32_t offset() const { return value_ >> 1; }
  bool negated() const { return value_ & 1; }
  SetRef operator~() const { return SetRef(offset(), !negated()); }

 private:
  std::uint32_t value_ = 0;
};

/// "The variable is in the set."
struct Term {
  Variable variable;
  SetRef set;
};

/// Combinations that cannot be: the terms of a nogood do not all hold in any solution. Each one is
/// either a fact of the problem or follows from others, which it names. Grows only; each variable
/// stands in at most one term of a nogood.
class NogoodStore {
 public:
  NogoodId add_fact(std::span<const Term> terms, FactId fact);
  NogoodId add_derived(std::span<const Term> terms, std::span<const NogoodId> antecedents);

  std::uint32_t size() const { return static_cast<std::uint32_t>(nogoods_.size()); }
  std::span<Term> terms(NogoodId id) {
    return {terms_.data() + at(id).first_term, at(id).term_count};
  }
  std::span<const Term> terms(NogoodId id) const {
    return {terms_.data() + at(id).first_term, at(id).term_count};
  }

  /// Sets stay where they are, but views of them last only until the next set is kept.
  SetRef keep_set(std::uint32_t words);
  SetRef keep_set(const bits::Word* row, std::uint32_t words);
  bits::View view(SetRef set) const { return {sets_.data() + set.offset(), set.negated()}; }
  bits::Word* row(SetRef set) { return sets_.data() + set.offset(); }

  /// The facts that `roots` follow from, each once, in ascending order.
  std::vector<FactId> facts_behind(std::span<const NogoodId> roots) const;

 private:
  struct Nogood {
    std::uint32_t first_term;
    std::uint32_t term_count;
    FactId fact;
    std::uint32_t first_antecedent;
    std::uint32_t antecedent_count;
  };
  const Nogood& at(NogoodId id) const { return nogoods_[id.value()]; }

  std::vector<Nogood> nogoods_;
  std::vector<Term> terms_;
  std::vector<bits::Word> sets_;
  std::vector<NogoodId> antecedents_;
};

}  // namespace kasane::resolver::solver
