#include "registry/layout_image.h"

#include <fmt/format.h>

#include "base/error.h"
#include "registry/layout_index.h"

namespace kasane::registry {
namespace {

Manifest read_image_manifest(const LayoutReader& layout, const std::optional<std::string>& tag,
                             const std::optional<Platform>& platform) {
  Manifest manifest = layout.read_manifest(layout.require_entry(tag).descriptor, platform);
  in_context([&] { return fmt::format("while reading `{}`", layout.reference()); },
             [&] { manifest.require_image(); });
  return manifest;
}

ImageConfig parse_config(const LayoutReader& layout, const Manifest& manifest,
                         const std::string& text, const std::optional<Platform>& platform) {
  return in_context([&] { return fmt::format("while reading `{}`", layout.reference()); },
                    [&] {
                      ImageConfig config = ImageConfig::parse(text);
                      check_image(manifest, config, platform);
                      return config;
                    });
}

}  // namespace

void check_image(const Manifest& manifest, const ImageConfig& config,
                 const std::optional<Platform>& platform) {
  if (config.diff_ids().size() != manifest.layers.size()) {
    throw Error(ErrorKind::kIntegrity,
                fmt::format("the manifest has {} layers, the configuration tells of {}",
                            manifest.layers.size(), config.diff_ids().size()));
  }
  if (platform && match(*platform, config.platform()) == 0) {
    throw Error(ErrorKind::kFailed, fmt::format("expected an image for `{}`, this one is for `{}`",
                                                platform->render(), config.platform().render()));
  }
}

LayoutImage::LayoutImage(std::unique_ptr<LayoutReader> layout,
                         const std::optional<std::string>& tag,
                         const std::optional<Platform>& platform)
    : layout_(std::move(layout)),
      manifest_(read_image_manifest(*layout_, tag, platform)),
      config_text_(layout_->read_text(manifest_.config, "configuration")),
      config_(parse_config(*layout_, manifest_, config_text_, platform)) {}

std::vector<Manifest> LayoutImage::read_referrers() const {
  return read_referring_manifests(*layout_, manifest_.digest());
}

std::unique_ptr<ByteSource> LayoutImage::open_blob(const Descriptor& descriptor) const {
  return layout_->open_blob(descriptor, "layer");
}

}  // namespace kasane::registry
