#include "tests/support/solver_oracle.h"

#include <algorithm>
#include <deque>
#include <functional>
#include <tuple>

namespace kasane::test {

using resolver::solver::CandidateGroup;
using resolver::solver::Conflict;
using resolver::solver::ConflictFact;
using resolver::solver::FactKind;
using resolver::solver::Solution;

namespace {

constexpr unsigned kAbsentBit = 15;

/// "Package is one of these": bit i for candidate i, bit 15 for none.
struct Part {
  std::size_t package;
  unsigned values;
};
/// Parts that must not all be true.
using Forbidden = std::vector<Part>;

unsigned bits_of(const SolverWorld::Set& set) {
  unsigned values = 0;
  for (const std::size_t place : set.places) values |= 1u << place;
  return values;
}

unsigned bit_of(int place) { return 1u << (place == kNotChosen ? kAbsentBit : place); }

Part outside(const SolverWorld::Set& set) { return {set.package, 0xffffu & ~bits_of(set)}; }
Part present_outside(const SolverWorld::Set& set) { return {set.package, 0x7fffu & ~bits_of(set)}; }

Forbidden forbidden_by(const SolverWorld::Need& need) {
  Forbidden parts;
  if (need.condition) parts.push_back({need.condition->package, bits_of(*need.condition)});
  for (const auto& set : need.any_of) parts.push_back(outside(set));
  return parts;
}

std::vector<Forbidden> all_forbidden(const SolverWorld& world) {
  std::vector<Forbidden> all;
  for (std::size_t p = 0; p < world.packages.size(); ++p) {
    const auto& candidates = world.packages[p].candidates;
    for (std::size_t c = 0; c < candidates.size(); ++c) {
      const Part self = {p, 1u << c};
      if (!candidates[c].excluded.empty() || !candidates[c].unusable.empty()) all.push_back({self});
      if (!candidates[c].unusable.empty()) continue;
      for (const auto& need : candidates[c].needs) {
        all.push_back(forbidden_by(need));
        all.back().push_back(self);
      }
      for (const auto& set : candidates[c].constrains) {
        all.push_back({self, present_outside(set)});
      }
    }
  }
  for (const auto& need : world.needs) all.push_back(forbidden_by(need));
  for (const auto& set : world.pins) all.push_back({present_outside(set)});
  for (const auto& place : world.locked) {
    all.push_back({{place.package, 0x7fffu & ~(1u << place.candidate)}});
  }
  return all;
}

/// All assignments that make no forbidden combination true, by trying one package after the other.
class Enumeration {
 public:
  Enumeration(const SolverWorld& world, const std::vector<Forbidden>& forbidden, bool only_first)
      : world_(world), only_first_(only_first), by_last_(world.packages.size()) {
    for (const Forbidden& parts : forbidden) {
      if (parts.empty()) impossible_ = true;
      std::size_t last = 0;
      for (const Part& part : parts) last = std::max(last, part.package);
      if (!parts.empty()) by_last_[last].push_back(&parts);
    }
    current_.assign(world.packages.size(), kNotChosen);
    if (!impossible_) extend(0);
  }
  std::vector<Assignment> found;

 private:
  bool allowed(std::size_t last) const {
    return std::none_of(by_last_[last].begin(), by_last_[last].end(), [&](const auto* parts) {
      return std::all_of(parts->begin(), parts->end(), [&](const Part& part) {
        return (part.values & bit_of(current_[part.package])) != 0;
      });
    });
  }

  void extend(std::size_t package) {
    if (only_first_ && !found.empty()) return;
    if (package == current_.size()) {
      found.push_back(current_);
      return;
    }
    const int count = static_cast<int>(world_.packages[package].candidates.size());
    for (int value = kNotChosen; value < count; ++value) {
      current_[package] = value;
      if (allowed(package)) extend(package + 1);
    }
    current_[package] = kNotChosen;
  }

  const SolverWorld& world_;
  bool only_first_;
  bool impossible_ = false;
  std::vector<std::vector<const Forbidden*>> by_last_;
  Assignment current_;
};

/// Narrows all solutions down to the defined one, step by step as docs/solver.md has it.
class Selection {
 public:
  Selection(const SolverWorld& world, std::vector<Assignment> solutions)
      : world_(world),
        solutions_(std::move(solutions)),
        picked_(world.packages.size(), kNotChosen) {}

  Assignment run() {
    take_preferences();
    enqueue(world_.needs);
    while (!queue_.empty() || !later_.empty()) {
      auto& queue = queue_.empty() ? later_ : queue_;
      const SolverWorld::Need& need = *queue.front();
      queue.pop_front();
      meet(need);
    }
    return picked_;
  }

 private:
  bool keep(const std::function<bool(const Assignment&)>& wanted) {
    if (std::none_of(solutions_.begin(), solutions_.end(), wanted)) return false;
    std::erase_if(solutions_, [&](const Assignment& a) { return !wanted(a); });
    return true;
  }

  using SetKey = std::pair<std::string, int>;
  SetKey set_key(const SolverWorld::Set& set) const {
    return {world_.packages[set.package].name, -static_cast<int>(bits_of(set))};
  }

  auto need_key(const SolverWorld::Need& need) const {
    std::vector<SetKey> sets;
    for (const auto& set : need.any_of) sets.push_back(set_key(set));
    std::optional<SetKey> condition;
    if (need.condition) condition = set_key(*need.condition);
    return std::make_tuple(need.rank, sets, condition);
  }

  void take_preferences() {
    auto preferences = world_.preferences;
    std::sort(preferences.begin(), preferences.end(), [&](const auto& a, const auto& b) {
      if (a.rank != b.rank) return a.rank < b.rank;
      return set_key(a.set) < set_key(b.set);
    });
    for (const auto& preference : preferences) {
      const unsigned allowed = bits_of(preference.set) | 1u << kAbsentBit;
      keep([&](const Assignment& a) { return bit_of(a[preference.set.package]) & allowed; });
    }
  }

  void enqueue(const std::vector<SolverWorld::Need>& needs) {
    std::vector<const SolverWorld::Need*> ordered;
    for (const auto& need : needs) ordered.push_back(&need);
    std::sort(ordered.begin(), ordered.end(),
              [&](const auto* a, const auto* b) { return need_key(*a) < need_key(*b); });
    for (const auto* need : ordered) {
      if (!need->condition) {
        put(need);
      } else if (picked_[need->condition->package] == kNotChosen) {
        pending_.push_back(need);
      } else if (bits_of(*need->condition) & bit_of(picked_[need->condition->package])) {
        put(need);
      }
    }
  }

  void put(const SolverWorld::Need* need) {
    const bool later = world_.packages[need->any_of.front().package].later;
    (later ? later_ : queue_).push_back(need);
  }

  std::vector<int> order_of(const SolverWorld::Set& set) const {
    std::vector<int> places;
    for (const bool favoured : {true, false}) {
      for (const std::size_t place : set.places) {
        const bool is = std::any_of(world_.favoured.begin(), world_.favoured.end(),
                                    [&](const SolverWorld::Place& f) {
                                      return f.package == set.package && f.candidate == place;
                                    });
        if (is == favoured) places.push_back(static_cast<int>(place));
      }
    }
    return places;
  }

  void meet(const SolverWorld::Need& need) {
    for (const auto& set : need.any_of) {
      const int picked = picked_[set.package];
      if (picked != kNotChosen && (bits_of(set) & bit_of(picked))) return;
    }
    for (const auto& set : need.any_of) {
      if (picked_[set.package] != kNotChosen) continue;
      for (const int place : order_of(set)) {
        if (!keep([&](const Assignment& a) { return a[set.package] == place; })) continue;
        picked_[set.package] = place;
        for (const auto* waiting : pending_) {
          if (waiting->condition->package != set.package) continue;
          if (bits_of(*waiting->condition) & bit_of(place)) put(waiting);
        }
        enqueue(world_.packages[set.package].candidates[static_cast<std::size_t>(place)].needs);
        return;
      }
    }
  }

  const SolverWorld& world_;
  std::vector<Assignment> solutions_;
  Assignment picked_;
  std::deque<const SolverWorld::Need*> queue_;
  std::deque<const SolverWorld::Need*> later_;
  std::vector<const SolverWorld::Need*> pending_;
};

Part part_of(const WorldProvider& provider, const CandidateGroup& group) {
  Part part{provider.place_of(group.package), 0};
  for (const auto candidate : group.candidates) {
    part.values |= 1u << provider.place_of(candidate).candidate;
  }
  return part;
}

Forbidden forbidden_by(const WorldProvider& provider, const ConflictFact& fact) {
  Forbidden parts;
  if (fact.subject) {
    parts.push_back(part_of(provider, {fact.subject, {}, fact.candidates}));
  }
  if (fact.kind == FactKind::kLocked) return parts;
  for (const CandidateGroup& group : fact.condition) parts.push_back(part_of(provider, group));
  const bool required = fact.kind == FactKind::kRequested || fact.kind == FactKind::kRequires;
  for (const CandidateGroup& group : fact.groups) {
    Part part = part_of(provider, group);
    part.values = (required ? 0xffffu : 0x7fffu) & ~part.values;
    parts.push_back(part);
  }
  return parts;
}

/// Whether the world forbids what the fact says it does, for each single candidate that it names.
bool is_true(const SolverWorld& world, const Forbidden& parts,
             const std::vector<Forbidden>& all_of_world) {
  const auto within = [](const Forbidden& forbidden, const Forbidden& assumed) {
    return std::all_of(forbidden.begin(), forbidden.end(), [&](const Part& part) {
      unsigned values = 0xffff;
      for (const Part& given : assumed) {
        if (given.package == part.package) values &= given.values;
      }
      return (values & ~part.values) == 0;
    });
  };
  if (parts.empty()) return false;
  const std::size_t count = world.packages[parts[0].package].candidates.size();
  for (std::size_t c = 0; c <= count; ++c) {
    const unsigned bit = c == count ? 1u << kAbsentBit : 1u << c;
    if ((parts[0].values & bit) == 0) continue;
    Forbidden single = parts;
    single[0].values = bit;
    const bool known =
        std::any_of(all_of_world.begin(), all_of_world.end(),
                    [&](const Forbidden& forbidden) { return within(forbidden, single); });
    if (!known) return false;
  }
  return true;
}

}  // namespace

std::optional<Assignment> find_by_brute_force(const SolverWorld& world) {
  const Enumeration all(world, all_forbidden(world), false);
  if (all.found.empty()) return std::nullopt;
  return Selection(world, all.found).run();
}

Assignment assignment_of(const WorldProvider& provider, const Solution& solution) {
  Assignment assignment(provider.world().packages.size(), kNotChosen);
  for (const auto& choice : solution.choices) {
    const SolverWorld::Place place = provider.place_of(choice.candidate);
    assignment[place.package] = static_cast<int>(place.candidate);
  }
  return assignment;
}

std::string to_text(const WorldProvider& provider, const Solution& solution) {
  std::string text;
  for (const auto& choice : solution.choices) {
    const SolverWorld::Place place = provider.place_of(choice.candidate);
    const auto& package = provider.world().packages[place.package];
    if (!text.empty()) text += ", ";
    text += package.name + " " + package.candidates[place.candidate].version;
  }
  return text;
}

std::string find_fault(const WorldProvider& provider, const Solution& solution) {
  const SolverWorld& world = provider.world();
  const Assignment assignment = assignment_of(provider, solution);
  const auto chosen = std::count_if(assignment.begin(), assignment.end(),
                                    [](int place) { return place != kNotChosen; });
  if (static_cast<std::size_t>(chosen) != solution.choices.size()) return "a package twice";
  for (const Forbidden& parts : all_forbidden(world)) {
    const bool broken = std::all_of(parts.begin(), parts.end(), [&](const Part& part) {
      return (part.values & bit_of(assignment[part.package])) != 0;
    });
    if (broken) return "a fact is broken";
  }
  std::vector<bool> wanted(world.packages.size());
  std::vector<const std::vector<SolverWorld::Need>*> open = {&world.needs};
  while (!open.empty()) {
    const auto& needs = *open.back();
    open.pop_back();
    for (const auto& need : needs) {
      for (const auto& set : need.any_of) {
        const int place = assignment[set.package];
        if (place == kNotChosen || wanted[set.package]) continue;
        wanted[set.package] = true;
        open.push_back(
            &world.packages[set.package].candidates[static_cast<std::size_t>(place)].needs);
      }
    }
  }
  for (std::size_t p = 0; p < wanted.size(); ++p) {
    if (assignment[p] != kNotChosen && !wanted[p]) return "nobody wants " + world.packages[p].name;
  }
  return "";
}

std::string find_fault(const WorldProvider& provider, const Conflict& conflict) {
  const SolverWorld& world = provider.world();
  const std::vector<Forbidden> all = all_forbidden(world);
  std::vector<Forbidden> named;
  for (const ConflictFact& fact : conflict.facts) {
    named.push_back(forbidden_by(provider, fact));
    if (named.back().empty()) continue;
    if (!is_true(world, named.back(), all)) return "a fact is not true";
  }
  if (!Enumeration(world, named, true).found.empty()) return "the facts have a solution";
  for (std::size_t i = 0; i < named.size(); ++i) {
    std::vector<Forbidden> fewer = named;
    fewer.erase(fewer.begin() + static_cast<std::ptrdiff_t>(i));
    if (Enumeration(world, fewer, true).found.empty()) return "a fact is not needed";
  }
  return "";
}

}  // namespace kasane::test
