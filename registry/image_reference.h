#pragma once

#include <compare>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "base/file_system.h"
#include "registry/registry_reference.h"

namespace kasane::registry {

/// `oci:DIR[:TAG]`: an image in an OCI layout. The directory's name has no colon.
struct OciLayoutReference {
  Path directory;
  std::optional<std::string> tag;
  auto operator<=>(const OciLayoutReference&) const = default;
};

/// `oci-archive:FILE[:TAG]`: an image in a tar of an OCI layout.
struct OciArchiveReference {
  Path file;
  std::optional<std::string> tag;
  auto operator<=>(const OciArchiveReference&) const = default;
};

/// `docker-archive:FILE[:NAME[:TAG]]`: an image in a file of `docker save`. The name always has a
/// tag and never a digest.
struct DockerArchiveReference {
  Path file;
  std::optional<RegistryReference> name;
  auto operator<=>(const DockerArchiveReference&) const = default;
};

/// `scratch`: the image without content.
struct ScratchReference {
  auto operator<=>(const ScratchReference&) const = default;
};

/// Where an image is, as people write it. A value; always valid.
class ImageReference {
 public:
  using Value = std::variant<ScratchReference, OciLayoutReference, OciArchiveReference,
                             DockerArchiveReference, RegistryReference>;

  /// An Error of kind kUsage says what is wrong, with a hint. Never looks at the disk: for a plain
  /// name that is a directory, see find_layout_hint() in registry/open_image.h.
  static ImageReference parse(std::string_view text);
  /// `oci:DIRECTORY[:TAG]`; a directory that cannot be written so is an Error of kind kUsage.
  static ImageReference oci_layout(const Path& directory, std::optional<std::string> tag);

  const Value& value() const { return value_; }
  template <class Kind>
  const Kind* find() const {
    return std::get_if<Kind>(&value_);
  }
  /// The full name: parse(render()) is the same value.
  std::string render() const;
  auto operator<=>(const ImageReference&) const = default;

 private:
  explicit ImageReference(Value value) : value_(std::move(value)) {}
  Value value_;
};

/// The tag itself when a layout may hold it (OCI image-spec annotations.md, "Rules"); an Error of
/// kind kUsage otherwise.
std::string check_ref_name(std::string_view tag);

}  // namespace kasane::registry
