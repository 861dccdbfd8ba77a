#pragma once

#include <optional>
#include <string>
#include <vector>

#include "builder/image/layer_writer.h"
#include "builder/plan/image_plan.h"
#include "registry/image_store.h"

namespace kasane::builder {

/// The image that a build stands on; `image` is nullptr for `scratch`.
struct BaseImage {
  const registry::ImageSource* image = nullptr;
  /// A name that means the same on other machines (that of a registry); empty otherwise.
  std::string public_name;

  std::size_t layer_count() const { return image ? image->manifest().layers.size() : 0; }
  std::optional<Digest> digest() const;
};

/// A layer of the new image with what its descriptor is to say.
struct AssembledLayer {
  registry::Descriptor descriptor;
  DiffId diff_id;
  /// For the image's history.
  std::string created_by;
};

/// Copies those of the base's layers that the target lacks, each verified; returns the bytes
/// copied.
std::uint64_t copy_base_layers(const BaseImage& base, registry::ImageTarget& target,
                               unsigned threads);

/// `name=version=build`, as annotations and reports have it.
std::string package_label(const PlannedPackage& package);

/// Writes the configuration and returns the manifest, unpublished. `lock_digest` is that of the
/// canonical lock.
registry::Manifest assemble_image(const ImagePlan& plan, const BaseImage& base,
                                  const std::vector<AssembledLayer>& layers,
                                  const Digest& lock_digest, registry::ImageTarget& target);

}  // namespace kasane::builder
