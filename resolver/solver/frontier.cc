#include "resolver/solver/frontier.h"

namespace kasane::resolver::solver {

void Frontier::restore(std::uint32_t level) {
  if (level >= marks_.size()) return;
  const Mark& mark = marks_[level];
  preference_ = mark.preference;
  queue_.cursor = mark.cursor;
  queue_.facts.resize(mark.sizes.queue);
  later_.cursor = mark.later_cursor;
  later_.facts.resize(mark.sizes.later);
  for (std::size_t i = mark.sizes.visited; i < visited_.size(); ++i) {
    is_visited_[visited_[i].value()] = false;
  }
  visited_.resize(mark.sizes.visited);
  pending_.resize(mark.sizes.pending);
  marks_.resize(level);
}

std::optional<Frontier::Decision> Frontier::next() {
  if (const auto decision = next_preference()) return decision;
  while (!queue_.empty() || !later_.empty()) {
    Queue& queue = queue_.empty() ? later_ : queue_;
    const FactId id = queue.facts[queue.cursor];
    if (const auto decision = meet(facts_.fact(id))) return decision;
    ++queue.cursor;
    if (woken_) break;
  }
  return std::nullopt;
}

std::optional<Frontier::Decision> Frontier::next_preference() {
  const Domains& domains = universe_.engine().domains();
  for (; preference_ < facts_.preferences().size(); ++preference_) {
    const Variable v = facts_.preferences()[preference_];
    if (!domains.fixed(v)) return Decision{v, 0};
  }
  return std::nullopt;
}

/// Settles one requirement, or tells the decision that it needs.
std::optional<Frontier::Decision> Frontier::meet(const Fact& fact) {
  const Domains& domains = universe_.engine().domains();
  const NogoodStore& store = universe_.engine().store();
  for (const VersionSetId set : fact.sets) {
    const Variable v = universe_.variable(universe_.package_of(set));
    if (visited(v) && domains.within(v, store.view(universe_.members(set)))) return std::nullopt;
  }
  for (const VersionSetId set : fact.sets) {
    const Variable v = universe_.variable(universe_.package_of(set));
    const std::uint32_t place = facts_.best(v, universe_.members(set));
    if (place == bits::kNone) continue;
    if (!domains.fixed(v)) return Decision{v, place};
    visit(v, place);
    return std::nullopt;
  }
  return std::nullopt;
}

bool Frontier::has(VersionSetId set, std::uint32_t place) {
  return universe_.engine().store().view(universe_.members(set)).has(place);
}

void Frontier::visit(Variable v, std::uint32_t place) {
  is_visited_.resize(universe_.engine().domains().size());
  is_visited_[v.value()] = true;
  visited_.push_back(v);
  const PackageId package = universe_.package(v);
  for (const Pending& pending : pending_) {
    if (pending.condition == package && has(facts_.fact(pending.fact).condition, place)) {
      enqueue(pending.fact);
    }
  }
  for (const FactId id : facts_.requirements(v, place)) consider(id);
}

void Frontier::enqueue(FactId id) {
  woken_ |= facts_.wake(id);
  const PackageId package = universe_.package_of(facts_.fact(id).sets.front());
  Queue& queue = universe_.provider().comes_later(package) ? later_ : queue_;
  queue.facts.push_back(id);
}

void Frontier::consider(FactId id) {
  const Fact& fact = facts_.fact(id);
  if (!fact.condition) {
    enqueue(id);
    return;
  }
  const PackageId package = universe_.package_of(fact.condition);
  if (!universe_.loaded(package) || !visited(universe_.variable(package))) {
    pending_.push_back({package, id});
    return;
  }
  const Variable v = universe_.variable(package);
  const std::uint32_t chosen =
      bits::first(universe_.engine().domains().now(v), universe_.engine().domains().words(v));
  if (has(fact.condition, chosen)) enqueue(id);
}

}  // namespace kasane::resolver::solver
