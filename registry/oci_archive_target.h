#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/file_system.h"
#include "registry/archive_stage.h"
#include "registry/image_reference.h"
#include "registry/image_target.h"
#include "registry/layout_reader.h"

namespace kasane::registry {

/// Writes a tar of an OCI layout with one image in it, or one index. An archive that is there
/// already is replaced in one step; until then its blobs serve as if they were written. The bytes
/// are a function of the image and its tags. Borrows the file system.
class OciArchiveTarget final : public ImageTarget {
 public:
  OciArchiveTarget(FileSystem& files, OciArchiveReference reference);

  std::string reference() const override;
  bool has_blob(const Digest& digest, std::uint64_t size_bytes) override;
  std::unique_ptr<TargetBlob> begin_blob() override { return stage_.begin_blob(); }
  std::optional<Manifest> find_current() override;
  std::vector<KnownLayer> known_layers() override;
  void publish(const Manifest& manifest, const std::vector<std::string>& tags) override;
  bool publish_referrer(const Manifest& manifest) override;
  void add_document(const StoredManifest& document) override;
  void publish_index(const StoredManifest& index, const std::vector<std::string>& tags) override;

 private:
  ArchiveMember member(const Descriptor& blob);
  void add_members(const Manifest& manifest, std::map<std::string, ArchiveMember>& members);
  /// Replaces the archive by one whose tags name that manifest or index.
  void write(const Descriptor& named, const std::vector<std::string>& tags,
             std::map<std::string, ArchiveMember> members);

  OciArchiveReference reference_;
  ArchiveStage stage_;
  /// The archive that was there before.
  std::unique_ptr<LayoutReader> previous_;
  std::vector<Manifest> referrers_;
  std::vector<StoredManifest> documents_;
};

}  // namespace kasane::registry
