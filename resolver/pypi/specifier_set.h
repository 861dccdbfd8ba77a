#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "resolver/pypi/specifier.h"

namespace kasane::resolver::pypi {

/// What to do about pre-releases that a specifier contains.
enum class Prereleases {
  /// PEP 440's rule: where a clause names one; else only when nothing final is contained.
  kIfNeeded,
  kAllowed,
  kForbidden
};

/// Clauses that must all hold, `>=1.2,<2`; without clauses, any version.
class SpecifierSet {
 public:
  SpecifierSet() = default;
  /// Empty clauses between commas are passed over. Errors are Specifier's.
  static SpecifierSet parse(std::string_view text);
  static std::optional<SpecifierSet> find(std::string_view text);
  /// What real metadata holds beside valid specifiers: reads it with the mistakes that many files
  /// make put right (docs/pypi.md has the list); nothing when that does not help.
  static std::optional<SpecifierSet> find_leniently(std::string_view text);

  const std::vector<Specifier>& clauses() const { return clauses_; }
  bool empty() const { return clauses_.empty(); }
  void add(Specifier clause) { clauses_.push_back(std::move(clause)); }
  /// As given, without spaces.
  std::string render() const;

  /// Whatever pre-releases may do elsewhere, they are versions here.
  bool contains(const PythonVersion& version) const;
  bool contains_text(std::string_view version) const;
  bool asks_for_prereleases() const;
  /// Places of those `versions` that are taken, in their order.
  std::vector<std::size_t> select(std::span<const PythonVersion> versions, Prereleases rule) const;

  /// Whether both have the same clauses, in whatever order.
  bool operator==(const SpecifierSet& other) const;

 private:
  std::vector<Specifier> clauses_;
};

}  // namespace kasane::resolver::pypi
