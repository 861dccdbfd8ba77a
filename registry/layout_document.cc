#include "registry/layout_document.h"

#include <algorithm>

#include <fmt/format.h>

#include "base/error.h"
#include "registry/image_index.h"
#include "registry/image_reference.h"
#include "registry/json.h"

namespace kasane::registry {
namespace {

constexpr std::string_view kReferrers = "the list of referrers";

Json entry_for(Descriptor descriptor, const std::string& tag) {
  descriptor.annotations[kRefNameAnnotation] = tag;
  return write_descriptor(descriptor);
}

bool has_tag(const Json& entry, const std::string& tag) {
  const auto annotations = entry.find("annotations");
  if (annotations == entry.end() || !annotations->is_object()) return false;
  const auto name = annotations->find(kRefNameAnnotation);
  return name != annotations->end() && *name == tag;
}

/// Puts the entry where the tag's was, or at the end; further ones of the same tag go.
void replace_entry(Json& list, const std::string& tag, const Json& entry) {
  Json out = Json::array();
  bool placed = false;
  for (Json& old : list) {
    if (!has_tag(old, tag)) {
      out.push_back(std::move(old));
    } else if (!placed) {
      out.push_back(entry);
      placed = true;
    }
  }
  if (!placed) out.push_back(entry);
  list = std::move(out);
}

}  // namespace

std::string empty_layout_index() {
  Json document = Json::object();
  document["schemaVersion"] = 2;
  document["mediaType"] = media_type::kIndex;
  document["manifests"] = Json::array();
  return render_json(document, "`index.json`");
}

std::string with_tags(std::string_view index, const Descriptor& named,
                      const std::vector<std::string>& tags) {
  // Refuses what cannot be understood before anything is changed.
  ImageIndex::parse(index, "`index.json`");
  Json document = parse_object(index, "`index.json`");
  for (const std::string& tag : tags) {
    replace_entry(document["manifests"], tag, entry_for(named, tag));
  }
  return render_json(document, "`index.json`");
}

std::string with_referrer(std::string_view index, const Manifest& manifest) {
  ImageIndex::parse(index, kReferrers);
  Json document = parse_object(index, kReferrers);
  const std::string digest = manifest.digest().render();
  for (const Json& entry : document["manifests"]) {
    if (entry.value("digest", "") == digest) return std::string(index);
  }
  Descriptor descriptor = manifest.descriptor();
  descriptor.annotations = manifest.annotations;
  Json entry = write_descriptor(descriptor);
  entry["artifactType"] =
      manifest.artifact_type.empty() ? manifest.config.media_type : manifest.artifact_type;
  document["manifests"].push_back(std::move(entry));
  return render_json(document, kReferrers);
}

std::string without_referrer(std::string_view index, const Digest& digest) {
  Json document = parse_object(index, kReferrers);
  Json& list = document["manifests"];
  Json left = Json::array();
  for (Json& entry : list) {
    if (entry.value("digest", "") != digest.render()) left.push_back(std::move(entry));
  }
  list = std::move(left);
  return render_json(document, kReferrers);
}

std::vector<std::string> all_tags(const std::optional<std::string>& own,
                                  const std::vector<std::string>& further) {
  std::vector<std::string> out;
  if (own) out.push_back(*own);
  for (const std::string& tag : further) {
    check_ref_name(tag);
    if (std::find(out.begin(), out.end(), tag) == out.end()) out.push_back(tag);
  }
  if (out.empty()) out.emplace_back("latest");
  return out;
}

void require_blobs(ImageTarget& target, const Manifest& manifest) {
  const auto require = [&](const Descriptor& blob, std::string_view what) {
    if (target.has_blob(blob.digest, blob.size_bytes)) return;
    throw Error(ErrorKind::kIntegrity,
                fmt::format("{} `{}` of {} bytes is not there: its manifest cannot be published",
                            what, blob.digest.render(), blob.size_bytes));
  };
  require(manifest.config, "the configuration");
  for (const Descriptor& layer : manifest.layers) require(layer, "the layer");
}

}  // namespace kasane::registry
