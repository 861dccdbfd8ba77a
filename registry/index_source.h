#pragma once

#include <string>
#include <vector>

#include "registry/image_source.h"
#include "registry/stored_manifest.h"

namespace kasane::registry {

/// An index with all that it names: an image for several platforms, with its attestations.
/// Thread-safe.
class IndexSource : public BlobSource {
 public:
  virtual const StoredManifest& index() const = 0;
  /// A manifest or index, verified.
  virtual std::string read_document(const Descriptor& descriptor) const = 0;
  /// The manifests whose subject is of that digest.
  virtual std::vector<Manifest> read_referrers(const Digest& subject) const = 0;
};

}  // namespace kasane::registry
