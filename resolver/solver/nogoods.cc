#include "resolver/solver/nogoods.h"

#include <algorithm>

namespace kasane::resolver::solver {

NogoodId NogoodStore::add_fact(std::span<const Term> terms, FactId fact) {
  nogoods_.push_back({static_cast<std::uint32_t>(terms_.size()),
                      static_cast<std::uint32_t>(terms.size()), fact, 0, 0});
  terms_.insert(terms_.end(), terms.begin(), terms.end());
  return NogoodId(size() - 1);
}

NogoodId NogoodStore::add_derived(std::span<const Term> terms,
                                  std::span<const NogoodId> antecedents) {
  const NogoodId id = add_fact(terms, FactId::none());
  nogoods_.back().first_antecedent = static_cast<std::uint32_t>(antecedents_.size());
  nogoods_.back().antecedent_count = static_cast<std::uint32_t>(antecedents.size());
  antecedents_.insert(antecedents_.end(), antecedents.begin(), antecedents.end());
  return id;
}

SetRef NogoodStore::keep_set(std::uint32_t words) {
  const auto offset = static_cast<std::uint32_t>(sets_.size());
  sets_.resize(sets_.size() + words);
  return SetRef(offset);
}

SetRef NogoodStore::keep_set(const bits::Word* row, std::uint32_t words) {
  const auto offset = static_cast<std::uint32_t>(sets_.size());
  sets_.insert(sets_.end(), row, row + words);
  return SetRef(offset);
}

std::vector<FactId> NogoodStore::facts_behind(std::span<const NogoodId> roots) const {
  std::vector<bool> seen(nogoods_.size());
  std::vector<NogoodId> open(roots.begin(), roots.end());
  std::vector<FactId> facts;
  while (!open.empty()) {
    const NogoodId id = open.back();
    open.pop_back();
    if (seen[id.value()]) continue;
    seen[id.value()] = true;
    const Nogood& nogood = at(id);
    if (nogood.fact) facts.push_back(nogood.fact);
    const auto first = antecedents_.begin() + nogood.first_antecedent;
    open.insert(open.end(), first, first + nogood.antecedent_count);
  }
  std::sort(facts.begin(), facts.end());
  facts.erase(std::unique(facts.begin(), facts.end()), facts.end());
  return facts;
}

}  // namespace kasane::resolver::solver
