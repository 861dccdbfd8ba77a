#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/digest.h"
#include "registry/descriptor.h"
#include "registry/media_type.h"

namespace kasane::registry {

/// The configuration of artifacts that have none.
inline constexpr std::string_view kEmptyDocument = "{}";

/// An image manifest, OCI or Docker schema 2. `text` is its exact bytes, whose digest names it.
struct Manifest {
  std::string text;
  std::string media_type;
  Descriptor config;
  std::vector<Descriptor> layers;
  std::map<std::string, std::string> annotations;
  /// What it hangs on (OCI image-spec manifest.md, "subject").
  std::optional<Descriptor> subject = std::nullopt;
  /// Of an artifact; empty for images.
  std::string artifact_type = {};

  Digest digest() const { return Digest::of(text); }
  /// How others refer to it.
  Descriptor descriptor() const;
  /// Reads and checks; an Error of kind kIntegrity says what is wrong. Docker schema 1 and foreign
  /// layers are Errors of kind kRefused.
  static Manifest parse(std::string text);
  /// A new OCI manifest; keys in a fixed order, so equal values give equal bytes.
  static Manifest make(Descriptor config, std::vector<Descriptor> layers,
                       std::map<std::string, std::string> annotations);
  /// A new manifest of an artifact (OCI image-spec manifest.md, "Guidelines for Artifact Usage"):
  /// its configuration is the empty one, kEmptyDocument.
  static Manifest make_artifact(std::string artifact_type, std::vector<Descriptor> layers,
                                std::map<std::string, std::string> annotations,
                                std::optional<Descriptor> subject = std::nullopt);
  /// An Error of kind kRefused unless this is a container image: a configuration and layers that
  /// can be unpacked, not a chart, a signature or another artifact.
  void require_image() const;
};

}  // namespace kasane::registry
