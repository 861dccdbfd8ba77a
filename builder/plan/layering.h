#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "builder/package/package.h"

namespace kasane::builder {

/// What layering needs to know of a package.
struct LayeringInput {
  enum class Class { kNative, kPython, kWheel };

  std::string name;
  /// Packages that do not need Python change least and are shared most: they lie at the bottom.
  Class stability = Class::kNative;
  std::uint64_t size_bytes = 0;
  /// Files in the order of their paths, for cutting giants.
  const std::vector<PackagePath>* paths = nullptr;
};

struct LayeringRules {
  /// Small packages are put together up to this size.
  std::uint64_t group_bytes = std::uint64_t{64} << 20;
  /// A package larger than this is cut into parts of at most this size.
  std::uint64_t part_bytes = std::uint64_t{512} << 20;
  /// How many layers there may be, the environment's own not counted.
  std::size_t max_layers = 63;
};

struct LayerMember {
  std::size_t package = 0;
  std::size_t part = 0;
  bool operator==(const LayerMember&) const = default;
};

struct Layering {
  /// From the bottom up; each layer's members in order.
  std::vector<std::vector<LayerMember>> layers;
  /// For each package, where it is cut: the first paths of its second and further parts.
  std::vector<std::vector<std::string>> bounds;
};

/// Which packages share a layer: a pure function of the packages, whatever their order here, made
/// so that a package that is added, removed or changed touches one layer or two.
/// docs/formats/layers.md has the rules. An Error of kind kRefused when no layering has so few
/// layers.
Layering find_layering(std::span<const LayeringInput> packages, const LayeringRules& rules);

}  // namespace kasane::builder
