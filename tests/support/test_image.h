#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/codec.h"
#include "registry/image_config.h"
#include "registry/image_target.h"
#include "registry/media_type.h"

namespace kasane::testing {

/// A layer for put_image(): a tar, and how it is stored.
struct TestLayer {
  std::string tar;
  Codec codec = Codec::kGzip;
  std::map<std::string, std::string> annotations = {};
  /// What the configuration says of it, when that is to be wrong.
  std::optional<Digest> diff_id = {};
};

inline std::string_view layer_media_type(Codec codec) {
  namespace media_type = registry::media_type;
  return codec == Codec::kNone   ? media_type::kLayerTar
         : codec == Codec::kGzip ? media_type::kLayerGzip
                                 : media_type::kLayerZstd;
}

inline Digest put_blob(registry::ImageTarget& target, std::string_view bytes) {
  const auto blob = target.begin_blob();
  blob->write(bytes);
  return blob->commit();
}

inline std::string stored_form(const TestLayer& layer) {
  if (layer.codec == Codec::kNone) return layer.tar;
  std::string out;
  make_chunk_compressor(layer.codec == Codec::kGzip ? CompressionMethod::gzip()
                                                    : CompressionMethod::zstd())
      ->compress(layer.tar, out);
  return out;
}

/// Writes layers and configuration into a target; what publish() then needs.
inline registry::Manifest put_image_blobs(registry::ImageTarget& target,
                                          const std::vector<TestLayer>& layers,
                                          const std::string& label = "") {
  namespace media_type = registry::media_type;
  auto config = registry::ImageConfig::make("amd64");
  if (!label.empty()) config.set_label("label", label);
  std::vector<registry::Descriptor> descriptors;
  for (const TestLayer& layer : layers) {
    const std::string bytes = stored_form(layer);
    config.append_layer(DiffId(layer.diff_id.value_or(Digest::of(layer.tar))), "test");
    descriptors.push_back({std::string(layer_media_type(layer.codec)), put_blob(target, bytes),
                           bytes.size(), layer.annotations});
  }
  const std::string text = config.render();
  return registry::Manifest::make(
      {std::string(media_type::kConfig), put_blob(target, text), text.size(), {}}, descriptors, {});
}

inline registry::Manifest put_image(registry::ImageTarget& target,
                                    const std::vector<TestLayer>& layers,
                                    const std::vector<std::string>& tags = {},
                                    const std::string& label = "") {
  const auto manifest = put_image_blobs(target, layers, label);
  target.publish(manifest, tags);
  return manifest;
}

}  // namespace kasane::testing
