#include "registry/image_index.h"

#include <set>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "base/error.h"
#include "registry/json.h"
#include "registry/media_type.h"

namespace kasane::registry {
namespace {

constexpr std::size_t kEntryLimit = 20000;

std::optional<Platform> read_platform(const Json& entry, std::string_view what) {
  const auto found = entry.find("platform");
  if (found == entry.end() || found->is_null()) return std::nullopt;
  if (!found->is_object()) {
    throw Error(ErrorKind::kIntegrity, fmt::format("{} has a `platform` that is no object", what));
  }
  return Platform{optional_string(*found, "os", what),
                  optional_string(*found, "architecture", what),
                  optional_string(*found, "variant", what)};
}

bool may_be_image(const Json& json, const ImageIndex::Entry& entry, std::string_view what) {
  const std::string& type = entry.descriptor.media_type;
  if (!media_type::is_manifest(type) && !media_type::is_index(type)) return false;
  const std::string artifact = optional_string(json, "artifactType", what);
  if (!artifact.empty() && !media_type::is_image_config(artifact)) return false;
  return !entry.platform || entry.platform->os != "unknown";
}

ImageIndex::Entry read_entry(const Json& json, const std::string& what) {
  ImageIndex::Entry out{read_descriptor(json, what), std::nullopt};
  out.platform = read_platform(json, what);
  out.may_be_image = may_be_image(json, out, what);
  return out;
}

}  // namespace

std::optional<std::string> ImageIndex::Entry::ref_name() const {
  const auto found = descriptor.annotations.find(kRefNameAnnotation);
  if (found == descriptor.annotations.end()) return std::nullopt;
  return found->second;
}

ImageIndex ImageIndex::parse(std::string_view text, std::string_view what) {
  const Json document = parse_object(text, what);
  refuse_other_case(document, {"schemaVersion", "mediaType", "config", "layers", "manifests"},
                    what);
  const auto version = document.find("schemaVersion");
  if (version == document.end() || *version != 2) {
    throw Error(ErrorKind::kIntegrity, fmt::format("{} has no `schemaVersion` of `2`", what));
  }
  const std::string type = optional_string(document, "mediaType", what);
  if (!type.empty() && !media_type::is_index(type)) {
    throw Error(ErrorKind::kIntegrity,
                fmt::format("{} has the media type `{}`, expected an index", what, type));
  }
  if (document.contains("layers") || document.contains("config")) {
    throw Error(ErrorKind::kIntegrity,
                fmt::format("{} is ambiguous: it has the fields of an image manifest", what));
  }
  const Json& list = require_array(document, "manifests", what);
  if (list.size() > kEntryLimit) {
    throw Error(ErrorKind::kRefused, fmt::format("{} has {} entries, more than {} are refused",
                                                 what, list.size(), kEntryLimit));
  }
  ImageIndex out;
  for (const Json& entry : list) {
    out.entries.push_back(
        read_entry(entry, fmt::format("entry {} of {}", out.entries.size() + 1, what)));
  }
  return out;
}

const ImageIndex::Entry& ImageIndex::choose(const Platform& platform) const {
  const Entry* best = nullptr;
  int best_match = 0;
  const Entry* unstated = nullptr;
  int images = 0;
  for (const Entry& entry : entries) {
    if (!entry.may_be_image) continue;
    ++images;
    if (!entry.platform) unstated = &entry;
    const int quality = entry.platform ? match(platform, *entry.platform) : 0;
    if (quality > best_match) {
      best = &entry;
      best_match = quality;
    }
  }
  if (best != nullptr) return *best;
  // A lone image without a stated platform: its configuration will tell.
  if (images == 1 && unstated != nullptr) return *unstated;
  throw Error(ErrorKind::kFailed, fmt::format("no image for `{}`: there is one for {}",
                                              platform.render(), fmt::join(platforms(), ", ")));
}

std::vector<std::string> ImageIndex::platforms() const {
  std::set<std::string> names;
  for (const Entry& entry : entries) {
    if (!entry.may_be_image) continue;
    names.insert(entry.platform ? "`" + entry.platform->render() + "`" : "an unstated platform");
  }
  if (names.empty()) names.insert("none");
  return {names.begin(), names.end()};
}

}  // namespace kasane::registry
