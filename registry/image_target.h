#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/digest.h"
#include "base/stream.h"
#include "registry/descriptor.h"
#include "registry/manifest.h"
#include "registry/registry_reference.h"
#include "registry/stored_manifest.h"

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

/// What writing to a target has moved so far.
struct TargetTraffic {
  /// Sent to a registry.
  std::uint64_t uploaded_bytes = 0;
  /// Taken over from another repository of the same registry, so that nothing was sent.
  std::uint64_t mounted_bytes = 0;
  bool operator==(const TargetTraffic&) const = default;
};

/// Where an image is written to. Thread-safe until publish().
class ImageTarget {
 public:
  using OpenBytes = std::function<std::unique_ptr<ByteSource>()>;

  virtual ~ImageTarget() = default;
  virtual std::string reference() const = 0;
  /// Also takes the blob over from a place that add_place() told of.
  virtual bool has_blob(const Digest& digest, std::uint64_t size_bytes) = 0;
  virtual std::unique_ptr<TargetBlob> begin_blob() = 0;
  /// Writes a blob whose digest is known; bytes that do not match it are an Error of kind
  /// kIntegrity. `open` gives the same bytes each time, and is called again after a break.
  virtual void copy_blob(const Descriptor& blob, const OpenBytes& open);
  /// The repository that the image goes to, when it is in a registry.
  virtual std::optional<RegistryReference> place() const { return std::nullopt; }
  /// A blob is said to be in that repository: a hint, for targets in the same registry.
  virtual void add_place(const Digest&, const RegistryReference&) {}
  virtual bool was_mounted(const Digest&) const { return false; }
  virtual TargetTraffic traffic() const { return {}; }
  /// From now on has_blob() changes nothing, and believes what add_place() told.
  virtual void look_only() {}
  /// How many blobs may be on their way at once, at most, with profit.
  virtual unsigned parallel() const { return 1; }
  /// How many may be asked for at once: has_blob() moves no bytes, and waits for the answer alone.
  virtual unsigned parallel_questions() const { return 1; }
  /// The manifest that the target's tag names now, when there is one.
  virtual std::optional<Manifest> find_current() = 0;
  /// The layers of all images that the target holds, each digest once, in no order that matters.
  /// Manifests that cannot be read are passed over. Ask has_blob() before relying on one.
  virtual std::vector<KnownLayer> known_layers() = 0;
  /// Makes the image visible: checks that each blob of the manifest is there (its absence is an
  /// Error of kind kIntegrity), then writes the manifest, then the tags: those given and that of
  /// the target's own reference; `latest` when there is neither.
  virtual void publish(const Manifest& manifest, const std::vector<std::string>& tags) = 0;
  /// Hangs a manifest with a subject, all of whose blobs are there, on that subject, which
  /// publish() makes visible afterwards. False when the target cannot hold such things.
  virtual bool publish_referrer(const Manifest&) { return false; }
  /// Keeps a manifest or index that an index is going to name; all that it names itself is there.
  /// Targets that hold one image alone refuse with an Error of kind kUsage.
  virtual void add_document(const StoredManifest& document);
  /// Makes an index visible under the tags that publish() would take; all that it names was added.
  virtual void publish_index(const StoredManifest& index, const std::vector<std::string>& tags);
  /// True when publish() relies on what other manifests of the target say of their blobs.
  virtual bool takes_manifests_word() const { return false; }
  /// From now on each blob is asked for by itself.
  virtual void ask_for_each_blob() {}
};

}  // namespace kasane::registry
