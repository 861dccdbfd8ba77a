#include "resolver/solver/engine.h"

#include <algorithm>

namespace kasane::resolver::solver {

Variable Engine::add_variable(std::uint32_t candidates) {
  watches_.emplace_back();
  removed_at_base_.emplace_back();
  queued_.push_back(false);
  return domains_.add(candidates);
}

NogoodId Engine::add_fact(std::span<const Term> terms, FactId fact) {
  const NogoodId nogood = store_.add_fact(terms, fact);
  order_terms(nogood);
  if (terms.size() > 1) {
    watch(store_.terms(nogood)[0], nogood);
    watch(store_.terms(nogood)[1], nogood);
  }
  enter(nogood);
  return nogood;
}

void Engine::watch(const Term& term, NogoodId nogood) {
  const Variable v = term.variable;
  const bits::View set = store_.view(term.set);
  std::uint32_t witness = bits::first_outside(domains_.now(v), set, domains_.words(v));
  // The term holds: any value outside the set serves, for when it becomes possible again. A term
  // that holds since level 0 stays so, and needs none.
  if (witness == bits::kNone) {
    witness = bits::first_outside(domains_.base(v), set, domains_.words(v));
  }
  if (witness == bits::kNone) witness = domains_.absent(v);
  watches_[v.value()].push_back({nogood, witness});
}

NogoodId Engine::exclude(Variable v, SetRef set, FactId fact) {
  const Term term = {v, set};
  const NogoodId nogood = store_.add_fact({&term, 1}, fact);
  removed_at_base_[v.value()].push_back(nogood);
  domains_.exclude(v, store_.view(set));
  return nogood;
}

void Engine::grew(NogoodId nogood, Variable v) {
  std::erase_if(watches_[v.value()], [&](const Watch& watch) { return watch.nogood == nogood; });
  for (const Term& term : store_.terms(nogood)) {
    if (term.variable == v) watch(term, nogood);
  }
  enter(nogood);
}

/// Puts the terms to watch first: those that do not hold, then those that came to hold last.
void Engine::order_terms(NogoodId nogood) {
  const std::span<Term> terms = store_.terms(nogood);
  if (terms.size() <= 2) return;
  const auto since = [&](const Term& term) {
    return holds(term) ? domains_.level_within(term.variable, store_.view(term.set)) : UINT32_MAX;
  };
  std::stable_sort(terms.begin(), terms.end(),
                   [&](const Term& a, const Term& b) { return since(a) > since(b); });
}

void Engine::enter(NogoodId nogood) {
  const std::span<const Term> terms = store_.terms(nogood);
  if (terms.size() > 1 && !holds(terms[0]) && !holds(terms[1])) return;
  if (domains_.level() > 0) late_.push_back({nogood, domains_.level()});
  check(nogood);
}

/// Draws what follows from a nogood of which at most one term does not hold.
void Engine::check(NogoodId nogood) {
  const Term* open = nullptr;
  const std::span<const Term> terms = store_.terms(nogood);
  for (const Term& term : terms) {
    if (holds(term)) continue;
    if (open != nullptr) return;
    open = &term;
  }
  const Term ruled_out = open != nullptr ? *open : terms[0];
  rule_out(nogood, ruled_out);
}

/// All other terms hold, so this one must not.
void Engine::rule_out(NogoodId nogood, const Term& term) {
  const Variable v = term.variable;
  if (domains_.disjoint(v, store_.view(term.set))) return;
  if (holds(term)) {
    if (!conflict_) conflict_ = nogood;
    return;
  }
  const NogoodId reason = domains_.level() == 0 ? derive_at_base(nogood, term) : nogood;
  domains_.remove(v, store_.view(term.set), reason);
  if (!queued_[v.value()]) {
    queued_[v.value()] = true;
    queue_.push_back(v);
  }
  if (domains_.fixed(v) && !bits::test(domains_.now(v), domains_.absent(v))) fixed_.push_back(v);
}

/// At level 0 each removal becomes a nogood of its own, so that refutations can name what it rests
/// on although nothing of it stays on the trail.
NogoodId Engine::derive_at_base(NogoodId nogood, const Term& term) {
  const Variable v = term.variable;
  std::vector<NogoodId> antecedents = {nogood};
  for (const Term& other : store_.terms(nogood)) {
    if (other.variable == v) continue;
    const bits::View set = store_.view(other.set);
    for (const NogoodId removed : removed_at_base_[other.variable.value()]) {
      const bits::View gone = store_.view(store_.terms(removed)[0].set);
      if (!bits::subset(gone.words, set, domains_.words(other.variable))) {
        antecedents.push_back(removed);
      }
    }
  }
  const std::uint32_t words = domains_.words(v);
  const SetRef gone = store_.keep_set(words);
  const bits::View set = store_.view(term.set);
  for (std::uint32_t i = 0; i < words; ++i) {
    store_.row(gone)[i] = domains_.now(v)[i] & set.word(i);
  }
  const Term derived = {v, gone};
  const NogoodId id = store_.add_derived({&derived, 1}, antecedents);
  removed_at_base_[v.value()].push_back(id);
  return id;
}

bool Engine::propagate() {
  for (std::size_t i = 0; i < queue_.size() && !conflict_; ++i) {
    const Variable v = queue_[i];
    queued_[v.value()] = false;
    visit_watches(v);
  }
  if (conflict_) {
    for (const Variable v : queue_) queued_[v.value()] = false;
  }
  queue_.clear();
  return !conflict_;
}

void Engine::visit_watches(Variable v) {
  std::vector<Watch>& watches = watches_[v.value()];
  const bits::Word* row = domains_.now(v);
  std::size_t kept = 0;
  steps_ += watches.size();
  for (std::size_t i = 0; i < watches.size(); ++i) {
    Watch watch = watches[i];
    if (bits::test(row, watch.witness) || conflict_ || keep_watching(v, watch)) {
      watches[kept++] = watch;
    }
  }
  watches.resize(kept);
}

/// Whether `v` remains a watched variable of the nogood, whose witness is gone.
bool Engine::keep_watching(Variable v, Watch& watch) {
  const std::span<Term> terms = store_.terms(watch.nogood);
  const std::uint32_t mine = terms[0].variable == v ? 0 : 1;
  const bits::View set = store_.view(terms[mine].set);
  const std::uint32_t witness = bits::first_outside(domains_.now(v), set, domains_.words(v));
  if (witness != bits::kNone) {
    watch.witness = witness;
    return true;
  }
  const Term other = terms[1 - mine];
  for (std::size_t i = 2; i < terms.size(); ++i) {
    if (holds(terms[i])) continue;
    std::swap(terms[mine], terms[i]);
    this->watch(terms[mine], watch.nogood);
    return false;
  }
  rule_out(watch.nogood, other);
  return true;
}

void Engine::decide(Variable v, std::uint32_t bit) {
  domains_.decide(v, bit);
  queued_[v.value()] = true;
  queue_.push_back(v);
  fixed_.push_back(v);
}

void Engine::backtrack(std::uint32_t level) {
  domains_.backtrack(level);
  for (std::size_t i = late_.size(); i-- > 0 && late_[i].level > level;) {
    late_[i].level = level;
    check(late_[i].nogood);
  }
  if (level == 0) late_.clear();
}

bool Engine::learn() {
  ++conflicts_;
  steps_ += domains_.trail_size();
  const NogoodId conflict = *std::exchange(conflict_, std::nullopt);
  std::uint32_t level = 0;
  for (const Term& term : store_.terms(conflict)) {
    level = std::max(level, domains_.level_within(term.variable, store_.view(term.set)));
  }
  domains_.backtrack(level);
  const Lesson lesson = analysis_.run(conflict, removed_at_base_);
  if (lesson.terms.empty()) {
    refutation_ = lesson.antecedents;
    return false;
  }
  const NogoodId learned = store_.add_derived(lesson.terms, lesson.antecedents);
  backtrack(lesson.level);
  order_terms(learned);
  if (lesson.terms.size() > 1) {
    watch(store_.terms(learned)[0], learned);
    watch(store_.terms(learned)[1], learned);
  }
  check(learned);
  return true;
}

}  // namespace kasane::resolver::solver
