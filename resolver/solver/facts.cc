#include "resolver/solver/facts.h"

#include <algorithm>
#include <compare>

namespace kasane::resolver::solver {

namespace {

constexpr std::uint32_t kOnlyPlace = 0;

std::uint64_t sharing_key(const Fact& fact) {
  const auto kind = static_cast<std::uint64_t>(fact.kind);
  return kind << 60 | std::uint64_t{fact.subject.value()} << 32 | fact.sets[0].value();
}

}  // namespace

void FactBook::begin(const Problem& problem, Variable root) {
  root_ = root;
  problem_ = &problem;
  grow_tables();
  take_preferences(problem);
  state(root, kOnlyPlace, {problem.requirements, problem.constraints});
}

void FactBook::grow_tables() {
  const std::uint32_t size = universe_.engine().domains().size();
  expansions_.resize(size);
  favoured_.resize(size);
}

/// Each preference is a variable of its own that the search sets first, if it can.
void FactBook::take_preferences(const Problem& problem) {
  std::vector<const Preference*> ordered;
  for (const Preference& preference : problem.preferences) ordered.push_back(&preference);
  const auto before = [&](const Preference* a, const Preference* b) {
    if (a->rank != b->rank) return a->rank < b->rank;
    const PackageId left = universe_.package_of(a->set);
    const PackageId right = universe_.package_of(b->set);
    if (left != right) return universe_.name(left) < universe_.name(right);
    return std::is_gt(universe_.compare(a->set, b->set));
  };
  std::stable_sort(ordered.begin(), ordered.end(), before);
  for (std::size_t i = 1; i < ordered.size(); ++i) {
    const PackageId package = universe_.package_of(ordered[i]->set);
    const bool tie = ordered[i - 1]->rank == ordered[i]->rank &&
                     universe_.package_of(ordered[i - 1]->set) == package;
    if (tie && !universe_.loaded(package)) load(package);
  }
  std::stable_sort(ordered.begin(), ordered.end(), before);
  preferred_sets_.reserve(ordered.size());
  for (const Preference* preference : ordered) {
    const Variable v = universe_.add_plain_variable(1);
    grow_tables();
    preferences_.push_back(v);
    preferred_sets_.push_back(preference->set);
    Fact fact{FactKind::kPreferred, v};
    fact.sets = {&preferred_sets_.back(), 1};
    state(fact, kOnlyPlace);
  }
}

void FactBook::load(PackageId package) {
  universe_.load(package);
  grow_tables();
  const Variable v = universe_.variable(package);
  const std::span<const CandidateId> ordered = universe_.candidates(package).ordered;
  expansions_[v.value()].resize(ordered.size());
  exclude(v);
  for (const Choice& choice : problem_->locked) {
    if (choice.package == package) lock(v, choice.candidate);
  }
  for (const Choice& choice : problem_->favoured) {
    if (choice.package != package) continue;
    const auto found = std::find(ordered.begin(), ordered.end(), choice.candidate);
    if (found == ordered.end()) continue;
    favoured_[v.value()].push_back(static_cast<std::uint32_t>(found - ordered.begin()));
  }
  std::sort(favoured_[v.value()].begin(), favoured_[v.value()].end());

  if (package.value() >= waiting_.size()) return;
  std::vector<FactId> waiting = std::exchange(waiting_[package.value()], {});
  std::stable_sort(waiting.begin(), waiting.end(), [&](FactId a, FactId b) {
    const Fact& left = fact(a);
    const Fact& right = fact(b);
    if (left.subject != right.subject) return left.subject < right.subject;
    if (universe_.package_of(left.sets[0]) != universe_.package_of(right.sets[0])) return false;
    return std::is_gt(universe_.compare(left.sets[0], right.sets[0]));
  });
  for (const FactId id : waiting) enter_or_wait(id);
}

void FactBook::exclude(Variable v) {
  const std::span<const std::uint32_t> excluded =
      universe_.candidates(universe_.package(v)).excluded;
  if (excluded.empty()) return;
  Engine& engine = universe_.engine();
  const SetRef gone = engine.store().keep_set(engine.domains().words(v));
  for (const std::uint32_t place : excluded) bits::set(engine.store().row(gone), place);
  exclude({FactKind::kExcluded, v, gone});
}

void FactBook::exclude(const Fact& fact) {
  const FactId id = add(fact);
  facts_[id.value()].nogood = universe_.engine().exclude(fact.subject, fact.speakers, id);
}

void FactBook::lock(Variable v, CandidateId candidate) {
  Engine& engine = universe_.engine();
  const SetRef gone = engine.store().keep_set(engine.domains().words(v));
  const std::span<const CandidateId> ordered = universe_.candidates(universe_.package(v)).ordered;
  for (std::uint32_t place = 0; place < ordered.size(); ++place) {
    if (ordered[place] != candidate) bits::set(engine.store().row(gone), place);
  }
  Fact fact{FactKind::kLocked, v, gone};
  fact.locked = candidate;
  exclude(fact);
}

/// By rank, then by the packages' names, then by the candidates meant: never by an id.
void FactBook::order(std::vector<const Requirement*>& requirements) {
  const auto compare_sets = [&](VersionSetId a, VersionSetId b) {
    const PackageId left = universe_.package_of(a);
    const PackageId right = universe_.package_of(b);
    if (left != right) return universe_.name(left) <=> universe_.name(right);
    return universe_.compare(b, a);
  };
  const auto before = [&](const Requirement* a, const Requirement* b) {
    if (a->rank != b->rank) return a->rank < b->rank;
    const std::size_t shared = std::min(a->any_of.size(), b->any_of.size());
    for (std::size_t i = 0; i < shared; ++i) {
      const auto order = compare_sets(a->any_of[i], b->any_of[i]);
      if (std::is_neq(order)) return std::is_lt(order);
    }
    if (a->any_of.size() != b->any_of.size()) return a->any_of.size() < b->any_of.size();
    if (!a->condition || !b->condition) return !a->condition && b->condition;
    return std::is_lt(compare_sets(a->condition, b->condition));
  };
  std::stable_sort(requirements.begin(), requirements.end(), before);
}

/// Tells the provider of all missing packages before it asks for the first one.
bool FactBook::load_all(std::span<const VersionSetId> sets) {
  std::vector<PackageId> missing;
  for (const VersionSetId set : sets) {
    const PackageId package = universe_.package_of(set);
    if (!universe_.loaded(package)) missing.push_back(package);
  }
  if (missing.empty()) return false;
  universe_.provider().hint_packages(missing);
  for (const PackageId package : missing) {
    if (!universe_.loaded(package)) load(package);
  }
  return true;
}

void FactBook::expand(Variable v, std::uint32_t place) {
  ++expanded_count_;
  const CandidateId candidate = universe_.candidates(universe_.package(v)).ordered[place];
  const Dependencies said = universe_.provider().dependencies(candidate);
  if (said.unusable) {
    state(Fact{FactKind::kUnusable, v}, place);
    expansions_[v.value()][place] = {0, 0};
    return;
  }
  state(v, place, said);
}

void FactBook::state(Variable v, std::uint32_t place, const Dependencies& said) {
  const bool root = v == root_;
  std::vector<const Requirement*> requirements;
  for (const Requirement& requirement : said.requirements) requirements.push_back(&requirement);
  order(requirements);
  std::vector<VersionSetId> needed;
  for (const Requirement* requirement : requirements) {
    if (requirement->condition) continue;
    needed.insert(needed.end(), requirement->any_of.begin(), requirement->any_of.end());
  }
  if (load_all(needed)) order(requirements);

  std::vector<FactId> list;
  for (const Requirement* requirement : requirements) {
    Fact fact{root ? FactKind::kRequested : FactKind::kRequires, v};
    fact.sets = requirement->any_of;
    fact.condition = requirement->condition;
    list.push_back(state(fact, place));
  }
  std::vector<const Requirement*> constrains;
  std::vector<Requirement> restrictions(said.constrains.size());
  for (std::size_t i = 0; i < restrictions.size(); ++i) {
    restrictions[i].any_of = said.constrains.subspan(i, 1);
    constrains.push_back(&restrictions[i]);
  }
  order(constrains);
  for (const Requirement* restriction : constrains) {
    Fact fact{root ? FactKind::kPinned : FactKind::kConstrains, v};
    fact.sets = restriction->any_of;
    state(fact, place);
  }
  if (root) expansions_[v.value()].resize(1);
  expansions_[v.value()][place] = {static_cast<std::uint32_t>(requirement_lists_.size()),
                                   static_cast<std::uint32_t>(list.size())};
  requirement_lists_.insert(requirement_lists_.end(), list.begin(), list.end());
  hint_at_next(list);
}

/// What these requirements would choose if nothing came in between.
void FactBook::hint_at_next(std::span<const FactId> requirements) {
  std::vector<CandidateId> next;
  for (const FactId id : requirements) {
    if (!fact(id).nogood) continue;
    for (const VersionSetId set : fact(id).sets) {
      const PackageId package = universe_.package_of(set);
      const Variable v = universe_.variable(package);
      const std::uint32_t place = best(v, universe_.members(set));
      if (place == bits::kNone) continue;
      if (!expanded(v, place)) next.push_back(universe_.candidates(package).ordered[place]);
      break;
    }
  }
  if (!next.empty()) universe_.provider().hint_candidates(next);
}

/// A fact with a second package in one single set can be said by many candidates at once.
bool FactBook::shareable(const Fact& fact) {
  if (fact.subject == root_ || fact.sets.size() != 1 || fact.condition) return false;
  const PackageId package = universe_.package_of(fact.sets[0]);
  return !universe_.loaded(package) || universe_.variable(package) != fact.subject;
}

FactId FactBook::state(const Fact& said, std::uint32_t place) {
  Engine& engine = universe_.engine();
  const bool shared = shareable(said);
  if (shared) {
    if (const auto found = shared_.find(sharing_key(said)); found != shared_.end()) {
      const Fact& known = fact(found->second);
      bits::set(engine.store().row(known.speakers), place);
      if (known.nogood) engine.grew(known.nogood, known.subject);
      return found->second;
    }
  }
  Fact fresh = said;
  fresh.speakers = engine.store().keep_set(engine.domains().words(said.subject));
  bits::set(engine.store().row(fresh.speakers), place);
  const FactId id = add(fresh);
  if (shared) shared_.emplace(sharing_key(said), id);
  if (!said.condition) enter_or_wait(id);
  return id;
}

bool FactBook::wake(FactId id) {
  if (fact(id).nogood) return false;
  load_all(fact(id).sets);
  enter(id);
  return true;
}

FactId FactBook::add(Fact fact) {
  facts_.push_back(fact);
  return FactId(static_cast<std::uint32_t>(facts_.size() - 1));
}

bool FactBook::wait_for(PackageId package, FactId id) {
  if (universe_.loaded(package)) return false;
  if (package.value() >= waiting_.size()) waiting_.resize(package.value() + 1);
  waiting_[package.value()].push_back(id);
  return true;
}

void FactBook::enter_or_wait(FactId id) {
  for (const VersionSetId set : fact(id).sets) {
    if (wait_for(universe_.package_of(set), id)) return;
  }
  enter(id);
}

void FactBook::enter(FactId id) {
  const std::vector<Term> terms = terms_of(fact(id));
  facts_[id.value()].nogood = universe_.engine().add_fact(terms, id);
}

std::vector<Term> FactBook::terms_of(const Fact& fact) {
  std::vector<Term> terms;
  if (fact.subject != root_) terms.push_back({fact.subject, fact.speakers});
  if (fact.condition) {
    add_term(terms, universe_.variable(universe_.package_of(fact.condition)),
             universe_.members(fact.condition));
  }
  const bool required = fact.kind == FactKind::kRequested || fact.kind == FactKind::kRequires;
  for (const VersionSetId set : fact.sets) {
    const SetRef allowed = required ? universe_.members(set) : universe_.members_or_absent(set);
    add_term(terms, universe_.variable(universe_.package_of(set)), ~allowed);
  }
  return terms;
}

void FactBook::add_term(std::vector<Term>& terms, Variable v, SetRef set) {
  for (Term& term : terms) {
    if (term.variable != v) continue;
    NogoodStore& store = universe_.engine().store();
    const std::uint32_t words = universe_.engine().domains().words(v);
    const SetRef both = store.keep_set(words);
    for (std::uint32_t i = 0; i < words; ++i) {
      store.row(both)[i] = store.view(term.set).word(i) & store.view(set).word(i);
    }
    term.set = both;
    return;
  }
  terms.push_back({v, set});
}

bool FactBook::expanded(Variable v, std::uint32_t place) const {
  return expansions_[v.value()][place].first != bits::kNone;
}

std::span<const FactId> FactBook::requirements(Variable v, std::uint32_t place) const {
  const Expansion& expansion = expansions_[v.value()][place];
  return {requirement_lists_.data() + expansion.first, expansion.count};
}

std::uint32_t FactBook::best(Variable v, SetRef set) const {
  const Domains& domains = universe_.engine().domains();
  const bits::View members = universe_.engine().store().view(set);
  for (const std::uint32_t place : favoured_[v.value()]) {
    if (members.has(place) && bits::test(domains.now(v), place)) return place;
  }
  return bits::first_common(domains.now(v), members, domains.words(v));
}

std::vector<CandidateId> FactBook::candidates(Variable v, SetRef set) const {
  std::vector<CandidateId> found;
  const std::span<const CandidateId> ordered = universe_.candidates(universe_.package(v)).ordered;
  const bits::View view = universe_.engine().store().view(set);
  for (std::uint32_t place = 0; place < ordered.size(); ++place) {
    if (view.has(place)) found.push_back(ordered[place]);
  }
  return found;
}

CandidateGroup FactBook::group(VersionSetId set) {
  const PackageId package = universe_.package_of(set);
  return {package, set, candidates(universe_.variable(package), universe_.members(set))};
}

ConflictFact FactBook::describe(FactId id) {
  const Fact& fact = this->fact(id);
  ConflictFact told{fact.kind};
  if (fact.subject != root_) {
    told.subject = universe_.package(fact.subject);
    told.candidates = candidates(fact.subject, fact.speakers);
  }
  for (const VersionSetId set : fact.sets) told.groups.push_back(group(set));
  if (fact.kind == FactKind::kLocked) {
    told.groups.push_back({told.subject, VersionSetId::none(), {fact.locked}});
  }
  if (fact.condition) told.condition.push_back(group(fact.condition));
  return told;
}

}  // namespace kasane::resolver::solver
