#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/digest.h"
#include "base/stream.h"
#include "registry/descriptor.h"
#include "registry/manifest.h"

namespace kasane::registry {

/// A blob being written to a target; invisible until committed, and gone when dropped without. Not
/// thread-safe; several may be written at once.
class TargetBlob : public ByteSink {
 public:
  virtual Digest commit() = 0;
};

/// A layer that a target holds for one of its images.
struct KnownLayer {
  /// With the annotations that the image's manifest gives it.
  Descriptor descriptor;
  DiffId diff_id;
  bool operator==(const KnownLayer&) const = default;
};

/// Where an image is written to. Thread-safe until publish().
class ImageTarget {
 public:
  virtual ~ImageTarget() = default;
  virtual std::string reference() const = 0;
  virtual bool has_blob(const Digest& digest, std::uint64_t size_bytes) = 0;
  virtual std::unique_ptr<TargetBlob> begin_blob() = 0;
  /// The manifest that the target's tag names now, when there is one.
  virtual std::optional<Manifest> find_current() = 0;
  /// The layers of all images that the target holds, each digest once, in no order that matters.
  /// Manifests that cannot be read are passed over. Ask has_blob() before relying on one.
  virtual std::vector<KnownLayer> known_layers() = 0;
  /// Makes the image visible: checks that each blob of the manifest is there (its absence is an
  /// Error of kind kIntegrity), then writes the manifest, then the tags: those given and that of
  /// the target's own reference; `latest` when there is neither.
  virtual void publish(const Manifest& manifest, const std::vector<std::string>& tags) = 0;
};

}  // namespace kasane::registry
