#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/file_system.h"
#include "registry/image_reference.h"
#include "registry/image_source.h"
#include "registry/image_target.h"
#include "registry/index_source.h"
#include "registry/platform.h"

namespace kasane::registry {

class Registries;

struct SourceOptions {
  /// Chooses among several, and refuses an image for another one. Absent: the image must be the
  /// only one, and any platform is right.
  std::optional<Platform> platform;
  /// For images in registries; borrowed for as long as the image lives.
  const Registries* registries = nullptr;
};

/// Opens an image to read it. `scratch` is an Error of kind kUsage, and so is an image in a
/// registry without `registries`. Borrows the file system.
std::unique_ptr<ImageSource> open_source(FileSystem& files, const ImageReference& reference,
                                         const SourceOptions& options = {});

/// The index that the reference names, with all that it names; nullptr when that is one image.
std::unique_ptr<IndexSource> open_index(FileSystem& files, const ImageReference& reference,
                                        const Registries* registries = nullptr);

/// A target; nothing is written before the first blob or publish().
std::unique_ptr<ImageTarget> open_target(FileSystem& files, const ImageReference& reference,
                                         const Registries* registries = nullptr);

/// For a plain name that a person gave: the hint "did you mean `oci:NAME`?" where the disk has an
/// OCI layout of that name, or an archive.
std::optional<std::string> find_layout_hint(FileSystem& files, std::string_view name);

}  // namespace kasane::registry
