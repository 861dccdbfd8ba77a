#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/warning.h"
#include "registry/image_store.h"

namespace kasane::builder {

/// A layer of the image that came out, and where it came from.
struct LayerReport {
  enum class Origin { kBase, kReused, kMounted, kBuilt };
  enum class Kind { kBase, kPackages, kEnvironment, kOverlay };

  registry::Descriptor descriptor;
  std::string diff_id;
  Origin origin = Origin::kBuilt;
  Kind kind = Kind::kPackages;
  /// `name=version=build`
  std::vector<std::string> packages;
  std::string key;
};

/// What a build did: `kasane.build/1` (docs/schemas/kasane.build.1.json).
struct BuildReport {
  std::string reference;
  std::string repository;
  std::string digest;
  std::vector<std::string> tags;
  std::string media_type;
  std::string config_digest;

  std::string environment_id;
  std::string environment_name;
  std::string environment_path;
  std::string prefix;
  std::string python;

  std::string lock_path;
  std::string lock_sha256;
  std::string base_reference;
  std::string base_digest;

  std::vector<LayerReport> layers;
  std::string strategy = "canonical";
  std::string strategy_reason;

  std::uint64_t bytes_fetched = 0;
  std::uint64_t bytes_built = 0;
  std::uint64_t bytes_uploaded = 0;
  std::uint64_t bytes_mounted = 0;
  std::uint64_t bytes_reused = 0;

  double seconds_resolve = 0;
  double seconds_fetch = 0;
  double seconds_build = 0;
  double seconds_publish = 0;
  double seconds_total = 0;
  std::uint64_t requests = 0;
  Warnings warnings;

  std::string render_json() const;
  /// The inverse; an Error of kind kIntegrity for anything else.
  static BuildReport parse_json(std::string_view text);
};

/// The reason of a build that had nothing to do.
inline constexpr std::string_view kThereAlready = "the image is there already";

std::string_view render(LayerReport::Origin origin);
std::string_view render(LayerReport::Kind kind);

}  // namespace kasane::builder
