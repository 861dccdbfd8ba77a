#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "base/file_system.h"
#include "registry/blob_files.h"
#include "registry/image_reference.h"
#include "registry/image_source.h"
#include "registry/platform.h"

namespace kasane::registry {

/// An image in a file of `docker save`, of any Docker since 1.10. Such files hold no manifest: one
/// is made up of what lies there. A layer that lies there uncompressed is named by its diff id.
/// Thread-safe.
class DockerArchiveImage final : public ImageSource {
 public:
  /// The image of the reference's name, or the only one.
  DockerArchiveImage(FileSystem& files, const DockerArchiveReference& reference,
                     const std::optional<Platform>& platform);

  std::string reference() const override { return reference_; }
  const Manifest& manifest() const override { return manifest_; }
  const ImageConfig& config() const override { return config_; }
  const std::string& config_text() const override { return config_text_; }
  std::unique_ptr<ByteSource> open_blob(const Descriptor& descriptor) const override;

 private:
  /// One image as `manifest.json` has it.
  struct Item {
    std::string config;
    std::vector<std::string> tags;
    std::vector<std::string> layers;
  };
  Item choose(const std::optional<RegistryReference>& name) const;
  std::string read_config_text() const;
  Manifest make_manifest();
  Descriptor describe_layer(const std::string& path, const DiffId& diff_id) const;
  std::vector<Item> read_items() const;

  std::string reference_;
  std::unique_ptr<BlobFiles> files_;
  Item item_;
  std::string config_text_;
  ImageConfig config_;
  std::map<Digest, std::string> paths_;
  Manifest manifest_;
};

}  // namespace kasane::registry
