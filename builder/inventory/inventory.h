#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/digest.h"

namespace kasane::builder {

/// Which package owns which path: kept in the image's last layer, for overlays and for `inspect`.
/// Format: docs/formats/inventory.md.
struct Inventory {
  struct Package {
    /// `conda` or `pip`.
    std::string manager;
    std::string name;
    std::string version;
    std::string build;
    std::string url;
    Digest sha256;
    std::uint64_t installed_bytes = 0;
    /// Relative to the prefix, sorted.
    std::vector<std::string> files;
    bool operator==(const Package&) const = default;
  };

  std::string environment_id;
  std::string prefix;
  int layout = 0;
  /// `3.11`; empty without Python.
  std::string python;
  /// In the stated order.
  std::vector<Package> packages;

  /// JSON, without compression.
  std::string render() const;
  /// An Error of kind kIntegrity says what is wrong.
  static Inventory parse(std::string_view json);
  bool operator==(const Inventory&) const = default;
};

/// Where images keep it, relative to the prefix; gzip.
inline constexpr std::string_view kInventoryPath = "conda-meta/kasane/inventory.json.gz";
inline constexpr std::string_view kLockPath = "conda-meta/kasane/conda-lock.yml";

}  // namespace kasane::builder
