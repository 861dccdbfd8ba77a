#pragma once

#include <optional>
#include <utility>
#include <vector>

#include "resolver/solver/facts.h"

namespace kasane::resolver::solver {

/// The order of decisions, which makes the answer a function of the problem alone: preferences
/// first, then the requirements, breadth first from the problem's own, those of packages that come
/// later whenever there are no others. What it has passed is settled; going back to an earlier
/// level unsettles it.
class Frontier {
 public:
  struct Decision {
    Variable variable;
    std::uint32_t place;
  };

  Frontier(Universe& universe, FactBook& facts) : universe_(universe), facts_(facts) {}

  /// Passes what is settled by now and tells the next decision; none: all requirements are met, or
  /// a fact came up. Nothing is left to propagate, and every candidate that its variable came down
  /// to is expanded.
  std::optional<Decision> next();
  /// Whether facts came up in `next`, which have to be propagated first.
  bool take_woken() { return std::exchange(woken_, false); }
  /// A level is about to be opened.
  void mark() { marks_.push_back({preference_, queue_.cursor, later_.cursor, sizes()}); }
  void restore(std::uint32_t level);
  void begin(Variable root) { visit(root, 0); }
  /// The packages of the solution, in the order in which they were met.
  const std::vector<Variable>& visited() const { return visited_; }

 private:
  struct Queue {
    std::vector<FactId> facts;
    std::size_t cursor = 0;
    bool empty() const { return cursor == facts.size(); }
  };
  struct Sizes {
    std::size_t queue;
    std::size_t later;
    std::size_t visited;
    std::size_t pending;
  };
  struct Mark {
    std::size_t preference;
    std::size_t cursor;
    std::size_t later_cursor;
    Sizes sizes;
  };
  struct Pending {
    PackageId condition;
    FactId fact;
  };

  Sizes sizes() const {
    return {queue_.facts.size(), later_.facts.size(), visited_.size(), pending_.size()};
  }
  std::optional<Decision> next_preference();
  std::optional<Decision> meet(const Fact& fact);
  bool visited(Variable v) const {
    return v.value() < is_visited_.size() && is_visited_[v.value()];
  }
  void visit(Variable v, std::uint32_t place);
  void consider(FactId id);
  void enqueue(FactId id);
  bool has(VersionSetId set, std::uint32_t place);

  Universe& universe_;
  FactBook& facts_;
  std::size_t preference_ = 0;
  Queue queue_;
  Queue later_;
  std::vector<Variable> visited_;
  std::vector<bool> is_visited_;
  /// Conditional requirements whose condition's package has not been visited.
  std::vector<Pending> pending_;
  std::vector<Mark> marks_;
  bool woken_ = false;
};

}  // namespace kasane::resolver::solver
