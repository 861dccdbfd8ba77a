#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/warning.h"

namespace kasane::builder {

/// What making a package's layers brought to light, and its facts alone do not tell.
struct PackageOutcome {
  /// Shipped byte-code that was stale, so that it is not installed; sorted.
  std::vector<std::string> dropped;
  /// Byte-code that was compiled; sorted.
  std::vector<std::string> compiled;
  Warnings warnings;

  /// JSON and back: parse(render(x)) == x.
  std::string render() const;
  static PackageOutcome parse(std::string_view json);
  bool operator==(const PackageOutcome&) const = default;
};

}  // namespace kasane::builder
