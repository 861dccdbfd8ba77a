#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "registry/descriptor.h"
#include "registry/platform.h"

namespace kasane::registry {

/// An OCI index or Docker manifest list: several images, or one image for several platforms.
struct ImageIndex {
  struct Entry {
    Descriptor descriptor;
    std::optional<Platform> platform;
    /// `org.opencontainers.image.ref.name`, by which a layout calls it.
    std::optional<std::string> ref_name() const;
    /// False for what hangs on images: attestations, signatures, other artifacts.
    bool may_be_image = true;
    bool operator==(const Entry&) const = default;
  };
  std::vector<Entry> entries;

  /// Reads and checks; an Error of kind kIntegrity says what is wrong with `what`.
  static ImageIndex parse(std::string_view text, std::string_view what = "the index");
  /// The entry that runs best on the platform; several equally good ones give the first. An Error
  /// of kind kFailed lists what there is when none runs there.
  const Entry& choose(const Platform& platform) const;
  /// Its platforms, sorted, for messages; without those of attestations.
  std::vector<std::string> platforms() const;
};

inline constexpr const char* kRefNameAnnotation = "org.opencontainers.image.ref.name";

}  // namespace kasane::registry
