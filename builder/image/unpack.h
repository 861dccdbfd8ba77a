#pragma once

#include <cstdint>

#include "base/file_system.h"
#include "base/warning.h"
#include "builder/image/disk_sink.h"
#include "registry/image_source.h"

namespace kasane::builder {

struct UnpackOptions {
  Ownership ownership = Ownership::kIgnore;
};

struct UnpackResult {
  /// Names in the tree, its root not counted.
  std::uint64_t entries = 0;
  /// Bytes of files that were written, those included that later layers took away.
  std::uint64_t bytes = 0;
  Warnings warnings;
};

/// Writes the flattened file system of an image to `directory`, which must be absent or empty. An
/// absent one appears only once it is complete. When something is wrong with the image, or the disk
/// is full, nothing stays behind.
UnpackResult unpack(const registry::ImageSource& image, const Path& directory,
                    const UnpackOptions& options);

}  // namespace kasane::builder
