#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "registry/image_target.h"
#include "registry/manifest.h"

/// The documents of a layout that targets write.
namespace kasane::registry {

/// What stands in `oci-layout`.
inline constexpr std::string_view kLayoutVersionDocument = R"({"imageLayoutVersion":"1.0.0"})";

/// An `index.json` without images.
std::string empty_layout_index();
/// `index` with the tags naming a manifest or another index. Entries of other names, entries
/// without one and unknown fields stay as they are, in their order.
std::string with_tags(std::string_view index, const Descriptor& named,
                      const std::vector<std::string>& tags);
/// `index` with an entry, without a name, for a manifest that hangs on another; as it is when it
/// has that entry (OCI distribution-spec, "Referrers Tag Schema").
std::string with_referrer(std::string_view index, const Manifest& manifest);
/// `index` without the entry of that digest.
std::string without_referrer(std::string_view index, const Digest& digest);
/// The tag of a target's reference and further ones, each once; `latest` when there is none. A tag
/// that a layout cannot hold is an Error of kind kUsage.
std::vector<std::string> all_tags(const std::optional<std::string>& own,
                                  const std::vector<std::string>& further);
/// An Error of kind kIntegrity when the target lacks a blob of the manifest.
void require_blobs(ImageTarget& target, const Manifest& manifest);

}  // namespace kasane::registry
