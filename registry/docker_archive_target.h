#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/file_system.h"
#include "registry/archive_stage.h"
#include "registry/docker_archive_image.h"
#include "registry/image_reference.h"
#include "registry/image_target.h"

namespace kasane::registry {

/// Writes a file that `docker load` (since 1.10), podman and skopeo read: gzip and plain layers as
/// they are, zstd layers unpacked, since older engines cannot read them. An archive that is there
/// already is replaced in one step. The bytes are a function of the image and its names. Borrows
/// the file system.
class DockerArchiveTarget final : public ImageTarget {
 public:
  DockerArchiveTarget(FileSystem& files, DockerArchiveReference reference);

  std::string reference() const override;
  bool has_blob(const Digest& digest, std::uint64_t size_bytes) override;
  std::unique_ptr<TargetBlob> begin_blob() override { return stage_.begin_blob(); }
  /// Always absent: such archives hold no manifest.
  std::optional<Manifest> find_current() override { return std::nullopt; }
  std::vector<KnownLayer> known_layers() override;
  /// Tags beside that of the reference are further tags of its name; without a name they are an
  /// Error of kind kUsage.
  void publish(const Manifest& manifest, const std::vector<std::string>& tags) override;

 private:
  std::vector<std::string> names(const std::vector<std::string>& tags) const;
  ArchiveMember member(const Descriptor& blob);
  ArchiveMember layer_member(const Descriptor& layer, const DiffId& diff_id);

  DockerArchiveReference reference_;
  ArchiveStage stage_;
  std::unique_ptr<DockerArchiveImage> previous_;
  std::map<Digest, std::uint64_t> previous_blobs_;
};

}  // namespace kasane::registry
