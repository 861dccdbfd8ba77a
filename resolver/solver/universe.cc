#include "resolver/solver/universe.h"

#include <algorithm>

namespace kasane::resolver::solver {

Universe::Package& Universe::at(PackageId package) {
  const std::uint32_t index = package.value();
  if (index >= packages_.size()) packages_.resize(std::max<std::size_t>(index + 1, index * 3 / 2));
  Package& found = packages_[index];
  if (!found.known) {
    found.known = true;
    found.name = provider_.name(package);
  }
  return found;
}

Universe::VersionSet& Universe::at(VersionSetId set) {
  const std::uint32_t index = set.value();
  if (index >= sets_.size()) sets_.resize(std::max<std::size_t>(index + 1, index * 3 / 2));
  VersionSet& found = sets_[index];
  if (!found.package) found.package = provider_.package_of(set);
  return found;
}

void Universe::load(PackageId package) {
  Package& loading = at(package);
  loading.candidates = provider_.candidates(package);
  loading.variable =
      engine_.add_variable(static_cast<std::uint32_t>(loading.candidates.ordered.size()));
  owners_.push_back(package);
  ++loaded_count_;
}

Variable Universe::add_plain_variable(std::uint32_t candidates) {
  owners_.push_back(PackageId::none());
  return engine_.add_variable(candidates);
}

SetRef Universe::members(VersionSetId set) {
  VersionSet& found = at(set);
  if (!found.has_members) {
    const Variable v = variable(found.package);
    found.members = engine_.store().keep_set(engine_.domains().words(v));
    CandidateMask mask(engine_.store().row(found.members), engine_.domains().absent(v));
    provider_.select(set, mask);
    found.has_members = true;
  }
  return found.members;
}

SetRef Universe::members_or_absent(VersionSetId set) {
  const SetRef without = members(set);
  VersionSet& found = at(set);
  if (!found.has_members_or_absent) {
    const Variable v = variable(found.package);
    NogoodStore& store = engine_.store();
    found.members_or_absent = store.keep_set(engine_.domains().words(v));
    std::copy_n(store.row(without), engine_.domains().words(v), store.row(found.members_or_absent));
    bits::set(store.row(found.members_or_absent), engine_.domains().absent(v));
    found.has_members_or_absent = true;
  }
  return found.members_or_absent;
}

std::strong_ordering Universe::compare(VersionSetId a, VersionSetId b) {
  const PackageId package = package_of(a);
  if (!loaded(package) || !loaded(package_of(b))) return std::strong_ordering::equal;
  const SetRef left = members(a);
  const SetRef right = members(b);
  const NogoodStore& store = engine_.store();
  const std::uint32_t words = engine_.domains().words(variable(package));
  const bits::Word* l = store.view(left).words;
  const bits::Word* r = store.view(right).words;
  return std::lexicographical_compare_three_way(l, l + words, r, r + words);
}

}  // namespace kasane::resolver::solver
