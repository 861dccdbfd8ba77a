#pragma once

#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "registry/blob_files.h"
#include "registry/descriptor.h"
#include "registry/image_config.h"
#include "registry/image_index.h"
#include "registry/image_target.h"
#include "registry/manifest.h"
#include "registry/platform.h"

namespace kasane::registry {

/// `blobs/sha256/<hex>` (OCI image-spec image-layout.md, "Blobs").
std::string blob_path(const Digest& digest);

/// Reads an OCI image layout, as a directory or within an archive. Thread-safe.
class LayoutReader {
 public:
  /// Checks `oci-layout` and reads `index.json`. `reference` is for errors.
  LayoutReader(std::unique_ptr<BlobFiles> files, std::string reference);

  const std::string& reference() const { return reference_; }
  const ImageIndex& index() const { return index_; }
  /// The entry that the tag names, or the only image where no tag is given; an Error of kind
  /// kFailed lists the tags. nullptr when the tag names nothing.
  const ImageIndex::Entry* find_entry(const std::optional<std::string>& tag) const;
  const ImageIndex::Entry& require_entry(const std::optional<std::string>& tag) const;
  /// The manifest behind an entry, through nested indexes; `platform` chooses among several.
  Manifest read_manifest(const Descriptor& entry, const std::optional<Platform>& platform) const;
  /// A small blob, whole and verified.
  std::string read_text(const Descriptor& descriptor, std::string_view what) const;
  std::unique_ptr<ByteSource> open_blob(const Descriptor& descriptor, std::string what) const;
  bool has_blob(const Digest& digest, std::uint64_t size_bytes) const;
  /// The layers of all images that can be read.
  std::vector<KnownLayer> known_layers() const;

 private:
  void collect_layers(const ImageIndex& index, std::set<Digest>& seen,
                      std::vector<KnownLayer>& out) const;

  std::unique_ptr<BlobFiles> files_;
  std::string reference_;
  ImageIndex index_;
};

/// Adds the layers of one image, whose diff ids its configuration tells.
void add_known_layers(const Manifest& manifest, const ImageConfig& config,
                      std::vector<KnownLayer>& out);

}  // namespace kasane::registry
