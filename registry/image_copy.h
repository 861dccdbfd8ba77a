#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "registry/image_source.h"
#include "registry/image_target.h"
#include "registry/index_source.h"

namespace kasane::registry {

/// What copying came to.
struct CopyResult {
  std::uint64_t copied_bytes = 0;
  std::uint64_t present_bytes = 0;
  std::size_t referrers = 0;
  /// Those that the target cannot hold.
  std::size_t left_referrers = 0;
  /// How many manifests: one for an image, those of an index, at any depth.
  std::size_t manifests = 1;
};

/// Makes sure that the target has these blobs of the image: those that it has are left, those that
/// are in the same registry are taken over, the rest is copied, several at once. Returns how many
/// bytes were copied.
std::uint64_t copy_blobs(const BlobSource& source, const std::vector<Descriptor>& blobs,
                         ImageTarget& target);

/// The image as it is, byte for byte, with what refers to it when `with_referrers`.
CopyResult copy_image(const ImageSource& source, ImageTarget& target,
                      const std::vector<std::string>& tags, bool with_referrers);

/// The same for an index with all that it names. Whatever is in it that is neither manifest nor
/// index is an Error of kind kRefused.
CopyResult copy_index(const IndexSource& source, ImageTarget& target,
                      const std::vector<std::string>& tags, bool with_referrers);

}  // namespace kasane::registry
