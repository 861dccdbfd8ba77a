#include "resolver/pypi/specifier_set.h"

#include <algorithm>
#include <iterator>

#include <fmt/format.h>

#include "base/error.h"
#include "resolver/pypi/mended_text.h"

namespace kasane::resolver::pypi {
namespace {

bool is_blank(std::string_view text) {
  return text.find_first_not_of(" \t\n\r\f\v") == std::string_view::npos;
}

/// Calls `take(clause, offset)` for each clause between commas that is not blank.
template <class Take>
void split_clauses(std::string_view text, const Take& take) {
  std::size_t begin = 0;
  while (begin <= text.size()) {
    const std::size_t end = std::min(text.find(',', begin), text.size());
    const std::string_view clause = text.substr(begin, end - begin);
    if (!is_blank(clause)) take(clause, begin);
    begin = end + 1;
  }
}

}  // namespace

SpecifierSet SpecifierSet::parse(std::string_view text) {
  SpecifierSet out;
  split_clauses(text, [&](std::string_view clause, std::size_t offset) {
    try {
      out.add(Specifier::parse(clause));
    } catch (Error& error) {
      SourcePlace place = error.place();
      place.column += static_cast<int>(offset);
      place.text = text;
      throw std::move(error).at(std::move(place));
    }
  });
  return out;
}

std::optional<SpecifierSet> SpecifierSet::find(std::string_view text) {
  SpecifierSet out;
  bool good = true;
  split_clauses(text, [&](std::string_view clause, std::size_t) {
    auto specifier = good ? Specifier::find(clause) : std::nullopt;
    good = specifier.has_value();
    if (good) out.add(std::move(*specifier));
  });
  if (!good) return std::nullopt;
  return out;
}

std::optional<SpecifierSet> SpecifierSet::find_leniently(std::string_view text) {
  if (auto found = find(text)) return found;
  return find(mend_specifier(text));
}

std::string SpecifierSet::render() const {
  std::string out;
  for (const Specifier& clause : clauses_) {
    if (!out.empty()) out += ',';
    out += clause.render();
  }
  return out;
}

bool SpecifierSet::contains(const PythonVersion& version) const {
  return std::all_of(clauses_.begin(), clauses_.end(),
                     [&](const Specifier& clause) { return clause.contains(version); });
}

bool SpecifierSet::contains_text(std::string_view version) const {
  return std::all_of(clauses_.begin(), clauses_.end(),
                     [&](const Specifier& clause) { return clause.contains_text(version); });
}

bool SpecifierSet::asks_for_prereleases() const {
  return std::any_of(clauses_.begin(), clauses_.end(),
                     [](const Specifier& clause) { return clause.asks_for_prereleases(); });
}

std::vector<std::size_t> SpecifierSet::select(std::span<const PythonVersion> versions,
                                              Prereleases rule) const {
  std::vector<std::size_t> all;
  std::vector<std::size_t> final_ones;
  for (std::size_t i = 0; i < versions.size(); ++i) {
    if (!contains(versions[i])) continue;
    all.push_back(i);
    if (!versions[i].is_prerelease()) final_ones.push_back(i);
  }
  if (rule == Prereleases::kForbidden) return final_ones;
  const bool wanted = rule == Prereleases::kAllowed || asks_for_prereleases();
  return wanted || final_ones.empty() ? all : final_ones;
}

bool SpecifierSet::operator==(const SpecifierSet& other) const {
  return clauses_.size() == other.clauses_.size() &&
         std::is_permutation(clauses_.begin(), clauses_.end(), other.clauses_.begin());
}

}  // namespace kasane::resolver::pypi
