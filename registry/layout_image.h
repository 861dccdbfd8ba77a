#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "registry/image_source.h"
#include "registry/layout_reader.h"
#include "registry/platform.h"

namespace kasane::registry {

/// An image of an OCI layout, in a directory or an archive. Thread-safe.
class LayoutImage final : public ImageSource {
 public:
  /// The image that `tag` names, or the only one. With `platform`, an image for another one is an
  /// Error of kind kFailed.
  LayoutImage(std::unique_ptr<LayoutReader> layout, const std::optional<std::string>& tag,
              const std::optional<Platform>& platform);

  std::string reference() const override { return layout_->reference(); }
  const Manifest& manifest() const override { return manifest_; }
  const ImageConfig& config() const override { return config_; }
  const std::string& config_text() const override { return config_text_; }
  std::unique_ptr<ByteSource> open_blob(const Descriptor& descriptor) const override;
  std::vector<Manifest> read_referrers() const override;

 private:
  std::unique_ptr<LayoutReader> layout_;
  Manifest manifest_;
  std::string config_text_;
  ImageConfig config_;
};

/// What makes manifest and configuration one image: an Error of kind kIntegrity when they disagree
/// on the number of layers, of kind kFailed when it runs on another platform than asked for.
void check_image(const Manifest& manifest, const ImageConfig& config,
                 const std::optional<Platform>& platform);

}  // namespace kasane::registry
