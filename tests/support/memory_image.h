#pragma once

#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "registry/image_source.h"
#include "registry/verifying_source.h"
#include "tests/support/test_image.h"

namespace kasane::testing {

/// An image of layers in memory.
class MemoryImage final : public registry::ImageSource {
 public:
  explicit MemoryImage(const std::vector<TestLayer>& layers)
      : config_(registry::ImageConfig::make("amd64")), manifest_(make(layers)) {}
  /// Plain layers.
  static MemoryImage of(const std::vector<std::string>& tars) {
    std::vector<TestLayer> layers;
    for (const std::string& tar : tars) layers.push_back({tar, Codec::kNone});
    return MemoryImage(layers);
  }

  std::string reference() const override { return "memory:image"; }
  const registry::Manifest& manifest() const override { return manifest_; }
  const registry::ImageConfig& config() const override { return config_; }
  const std::string& config_text() const override { return config_text_; }
  std::unique_ptr<ByteSource> open_blob(const registry::Descriptor& descriptor) const override {
    return std::make_unique<registry::VerifyingSource>(
        std::make_unique<StringSource>(blobs_.at(descriptor.digest)), descriptor, "layer",
        "while reading `memory:image`");
  }
  /// Changes what is stored under a layer's digest.
  std::string& stored(std::size_t layer) { return blobs_.at(manifest_.layers.at(layer).digest); }

 private:
  registry::Manifest make(const std::vector<TestLayer>& layers) {
    namespace media_type = registry::media_type;
    std::vector<registry::Descriptor> descriptors;
    for (const TestLayer& layer : layers) {
      std::string bytes = stored_form(layer);
      const Digest digest = Digest::of(bytes);
      descriptors.push_back(
          {std::string(layer_media_type(layer.codec)), digest, bytes.size(), layer.annotations});
      blobs_.emplace(digest, std::move(bytes));
      config_.append_layer(DiffId(layer.diff_id.value_or(Digest::of(layer.tar))), "test");
    }
    config_text_ = config_.render();
    blobs_.emplace(Digest::of(config_text_), config_text_);
    return registry::Manifest::make(
        {std::string(media_type::kConfig), Digest::of(config_text_), config_text_.size(), {}},
        std::move(descriptors), {});
  }

  registry::ImageConfig config_;
  std::string config_text_;
  std::map<Digest, std::string> blobs_;
  registry::Manifest manifest_;
};

}  // namespace kasane::testing
