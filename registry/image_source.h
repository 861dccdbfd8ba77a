#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/stream.h"
#include "registry/descriptor.h"
#include "registry/image_config.h"
#include "registry/manifest.h"
#include "registry/registry_reference.h"

namespace kasane::registry {

/// Where blobs can be read. Thread-safe.
class BlobSource {
 public:
  virtual ~BlobSource() = default;
  /// As people would write it, for errors and reports.
  virtual std::string reference() const = 0;
  /// The blob's stored bytes. The caller reads to the end: a digest or size that does not match
  /// what the descriptor says is thrown there as an Error of kind kIntegrity, before the last bytes
  /// are handed out. The result must not outlive the source.
  virtual std::unique_ptr<ByteSource> open_blob(const Descriptor& descriptor) const = 0;
  /// The repository that is read from, when it is in a registry.
  virtual std::optional<RegistryReference> place() const { return std::nullopt; }
};

/// An image that can be read: its manifest, its configuration, its blobs. Thread-safe.
class ImageSource : public BlobSource {
 public:
  virtual const Manifest& manifest() const = 0;
  virtual const ImageConfig& config() const = 0;
  /// The exact bytes that the manifest's config descriptor names.
  virtual const std::string& config_text() const = 0;
  /// The manifests whose subject the image is: signatures, provenance, other artifacts.
  virtual std::vector<Manifest> read_referrers() const { return {}; }
};

}  // namespace kasane::registry
