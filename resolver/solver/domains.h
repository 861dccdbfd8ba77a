#pragma once

#include <cstdint>
#include <vector>

#include "resolver/solver/bits.h"
#include "resolver/solver/ids.h"

namespace kasane::resolver::solver {

/// A variable of the search: one package, whose value is one of its candidates or "absent".
using Variable = Id<struct VariableTag>;
using NogoodId = Id<struct NogoodTag>;

/// What each variable can still be, as a row of bits: one for each candidate, best first, and a
/// last one for "absent". Rows only shrink; going back to an earlier level restores them. What is
/// removed at level 0 stays removed.
class Domains {
 public:
  /// One shrinking of one row.
  struct Entry {
    Variable variable;
    std::uint32_t level;
    /// The variable's entry before this one, or kNoEntry.
    std::uint32_t previous;
    /// What forced it; none for a decision.
    NogoodId reason;
    std::uint32_t saved;
  };
  static constexpr std::uint32_t kNoEntry = UINT32_MAX;

  Variable add(std::uint32_t candidates);

  std::uint32_t size() const { return static_cast<std::uint32_t>(variables_.size()); }
  std::uint32_t words(Variable v) const { return at(v).words; }
  /// The bit that means "absent": the number of candidates.
  std::uint32_t absent(Variable v) const { return at(v).absent; }
  const bits::Word* now(Variable v) const { return now_.data() + at(v).offset; }
  /// The row at level 0.
  const bits::Word* base(Variable v) const { return base_.data() + at(v).offset; }
  /// Where the variable's row begins in any table that has a row for each variable.
  std::uint32_t offset(Variable v) const { return at(v).offset; }
  std::uint32_t total_words() const { return static_cast<std::uint32_t>(now_.size()); }

  bool within(Variable v, bits::View set) const { return bits::subset(now(v), set, words(v)); }
  bool disjoint(Variable v, bits::View set) const {
    return bits::first_common(now(v), set, words(v)) == bits::kNone;
  }
  bool fixed(Variable v) const { return bits::single(now(v), words(v)); }

  std::uint32_t level() const { return static_cast<std::uint32_t>(level_start_.size()); }
  /// Takes `set` out of the row. The caller knows that something goes and something stays.
  void remove(Variable v, bits::View set, NogoodId reason);
  /// Takes `set` out of the row for good. Only for variables that have no entry yet.
  void exclude(Variable v, bits::View set);
  /// Opens a level and leaves only `bit`.
  void decide(Variable v, std::uint32_t bit);
  void backtrack(std::uint32_t level);

  std::uint32_t trail_size() const { return static_cast<std::uint32_t>(trail_.size()); }
  const Entry& entry(std::uint32_t index) const { return trail_[index]; }
  /// The row before this entry.
  const bits::Word* before(const Entry& entry) const { return saved_.data() + entry.saved; }
  /// The row as it was when the present level began, before its decision.
  const bits::Word* at_level_start(Variable v) const;
  /// The lowest level at which the row was within `set`; the row is within it now.
  std::uint32_t level_within(Variable v, bits::View set) const;

 private:
  struct Row {
    std::uint32_t offset;
    std::uint32_t words;
    std::uint32_t absent;
    std::uint32_t last = kNoEntry;
  };
  const Row& at(Variable v) const { return variables_[v.value()]; }
  void push(Variable v, NogoodId reason);

  std::vector<Row> variables_;
  std::vector<bits::Word> now_;
  std::vector<bits::Word> base_;
  std::vector<bits::Word> saved_;
  std::vector<Entry> trail_;
  std::vector<std::uint32_t> level_start_;
};

}  // namespace kasane::resolver::solver
