#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "resolver/pypi/marker.h"
#include "resolver/pypi/specifier_set.h"

namespace kasane::resolver::pypi {

/// What a distribution or a person asks for (PEP 508): `requests[socks]>=2; python_version<"3.9"`
/// or `demo @ https://host/demo-1.0-py3-none-any.whl`.
struct Requirement {
  /// As it was written.
  std::string name;
  /// Normalised, sorted, each once.
  std::vector<std::string> extras;
  /// Empty where there is a URL.
  SpecifierSet specifiers;
  /// As it was written; it may hold credentials, which no message may show.
  std::optional<std::string> url;
  std::optional<Marker> marker;

  /// Errors are of kind kFailed; their place has the column in `text`.
  static Requirement parse(std::string_view text);
  static std::optional<Requirement> find(std::string_view text);
  /// What real metadata holds beside valid requirements: reads it with the mistakes that many files
  /// make put right (docs/pypi.md has the list); nothing when that does not help.
  static std::optional<Requirement> find_leniently(std::string_view text);

  std::string normalised_name() const;
  /// parse() reads it back.
  std::string render() const;
  /// Names compared as they are normalised, specifiers in whatever order.
  bool operator==(const Requirement& other) const;
};

}  // namespace kasane::resolver::pypi
