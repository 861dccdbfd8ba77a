#pragma once

#include <span>
#include <vector>

#include "resolver/solver/nogoods.h"

namespace kasane::resolver::solver {

/// What a conflict teaches. With no terms, the problem is refuted.
struct Lesson {
  /// First the term that gets ruled out after going back to `level`, then one that holds since
  /// `level`, then the others.
  std::vector<Term> terms;
  std::vector<NogoodId> antecedents;
  std::uint32_t level = 0;
};

/// Finds out why all terms of a nogood hold: goes back along the trail, replacing what was forced
/// by what forced it, until one single term stems from the present level.
class ConflictAnalysis {
 public:
  ConflictAnalysis(const Domains& domains, NogoodStore& store) : domains_(domains), store_(store) {}

  /// `removed_at_base` has for each variable the one-term nogoods that shaped its row at level 0.
  /// The latest term of `conflict` must have come to hold at the present level, or at level 0.
  Lesson run(NogoodId conflict, std::span<const std::vector<NogoodId>> removed_at_base);

 private:
  enum class Mark : std::uint8_t { kUnseen, kMember, kDropped };

  bits::Word* row(Variable v) { return rows_.data() + domains_.offset(v); }
  bits::View view(Variable v) const { return {rows_.data() + domains_.offset(v)}; }
  void reset();
  void take_in(NogoodId nogood, Variable except);
  void settle(Variable v);
  void resolve(const Domains::Entry& entry);
  void walk_back();
  Lesson lesson();

  const Domains& domains_;
  NogoodStore& store_;
  std::span<const std::vector<NogoodId>> removed_at_base_;
  std::vector<bits::Word> rows_;
  std::vector<Mark> marks_;
  std::vector<bool> open_;
  std::vector<Variable> touched_;
  std::vector<NogoodId> antecedents_;
  std::uint32_t open_count_ = 0;
  Variable asserted_;
};

}  // namespace kasane::resolver::solver
