#pragma once

#include <optional>
#include <string>
#include <string_view>
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
std::uint64_t copy_base_layers(const BaseImage& base, registry::ImageTarget& target);

/// `name=version=build`, as annotations and reports have it.
std::string package_label(const PlannedPackage& package);

/// By these an image is known: its environment, and all else that its bytes depend on.
inline constexpr std::string_view kEnvironmentAnnotation = "io.kasane.environment.id";
inline constexpr std::string_view kVariantAnnotation = "io.kasane.image.variant";
/// Of the descriptors of our layers.
inline constexpr std::string_view kKeyAnnotation = "io.kasane.layer.key";
inline constexpr std::string_view kPackagesAnnotation = "io.kasane.layer.packages";

/// Writes the configuration and returns the manifest, unpublished. `lock_digest` is that of the
/// canonical lock.
registry::Manifest assemble_image(const ImagePlan& plan, const BaseImage& base,
                                  const std::vector<AssembledLayer>& layers,
                                  const Digest& lock_digest, const std::string& variant,
                                  registry::ImageTarget& target);

}  // namespace kasane::builder
