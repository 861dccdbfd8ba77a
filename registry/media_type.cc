#include "registry/media_type.h"

#include <algorithm>
#include <array>
#include <utility>

namespace kasane::registry::media_type {
namespace {

using Pair = std::pair<std::string_view, std::string_view>;

constexpr std::array<Pair, 3> kLayers = {{
    {kDockerLayerTar, kLayerTar},
    {kDockerLayerGzip, kLayerGzip},
    {kDockerLayerZstd, kLayerZstd},
}};

}  // namespace

bool is_manifest(std::string_view type) { return type == kManifest || type == kDockerManifest; }

bool is_index(std::string_view type) { return type == kIndex || type == kDockerIndex; }

bool is_image_config(std::string_view type) { return type == kConfig || type == kDockerConfig; }

bool is_layer(std::string_view type) {
  return std::any_of(kLayers.begin(), kLayers.end(), [type](const Pair& pair) {
    return type == pair.first || type == pair.second;
  });
}

bool is_foreign_layer(std::string_view type) {
  return type.starts_with("application/vnd.docker.image.rootfs.foreign.") ||
         type.starts_with("application/vnd.oci.image.layer.nondistributable.");
}

std::string to_oci(std::string_view type) {
  if (type == kDockerManifest) return std::string(kManifest);
  if (type == kDockerIndex) return std::string(kIndex);
  if (type == kDockerConfig) return std::string(kConfig);
  for (const Pair& pair : kLayers) {
    if (type == pair.first) return std::string(pair.second);
  }
  return std::string(type);
}

}  // namespace kasane::registry::media_type
