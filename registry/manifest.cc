#include "registry/manifest.h"

#include <fmt/format.h>

#include "base/error.h"
#include "registry/json.h"

namespace kasane::registry {
namespace {

constexpr std::string_view kWhat = "the manifest";
constexpr std::size_t kLayerLimit = 1000;

void refuse_schema_1(const Json& document) {
  const auto version = document.find("schemaVersion");
  const std::string type = optional_string(document, "mediaType", kWhat);
  const bool schema_1 = type.starts_with("application/vnd.docker.distribution.manifest.v1");
  if (!schema_1 && version != document.end() && *version == 2) return;
  if (schema_1 || (version != document.end() && *version == 1)) {
    throw Error(ErrorKind::kRefused, "the manifest is in Docker's schema 1, which names no layers")
        .hint("push the image again with a Docker of version 1.10 or later");
  }
  throw Error(ErrorKind::kIntegrity, "the manifest has no `schemaVersion` of `2`");
}

std::string read_media_type(const Json& document) {
  std::string type = optional_string(document, "mediaType", kWhat);
  if (document.contains("manifests")) {
    throw Error(ErrorKind::kIntegrity,
                "expected an image manifest, found an index: it has `manifests`");
  }
  // OCI image-spec manifest.md: the field may be missing; Docker's always has it.
  if (type.empty()) return std::string(media_type::kManifest);
  if (!media_type::is_manifest(type)) {
    throw Error(ErrorKind::kIntegrity,
                fmt::format("expected an image manifest, found the media type `{}`", type));
  }
  return type;
}

}  // namespace

Descriptor Manifest::descriptor() const { return {media_type, digest(), text.size(), {}}; }

Manifest Manifest::parse(std::string text) {
  const Json document = parse_object(text, kWhat);
  refuse_other_case(
      document,
      {"schemaVersion", "mediaType", "config", "layers", "manifests", "annotations", "subject"},
      kWhat);
  refuse_schema_1(document);
  std::string type = read_media_type(document);
  Descriptor config =
      read_descriptor(require_field(document, "config", kWhat), "the configuration");
  const Json& layer_list = require_array(document, "layers", kWhat);
  if (layer_list.size() > kLayerLimit) {
    throw Error(ErrorKind::kRefused,
                fmt::format("the manifest has {} layers, more than {} are refused",
                            layer_list.size(), kLayerLimit));
  }
  std::vector<Descriptor> layers;
  for (const Json& layer : layer_list) {
    layers.push_back(read_descriptor(layer, fmt::format("layer {}", layers.size() + 1)));
  }
  auto annotations = optional_string_map(document, "annotations", kWhat);
  std::optional<Descriptor> subject;
  const auto place = document.find("subject");
  if (place != document.end() && !place->is_null()) {
    subject = read_descriptor(*place, "the subject");
  }
  return {std::move(text),
          std::move(type),
          std::move(config),
          std::move(layers),
          std::move(annotations),
          std::move(subject),
          optional_string(document, "artifactType", kWhat)};
}

Manifest Manifest::make(Descriptor config, std::vector<Descriptor> layers,
                        std::map<std::string, std::string> annotations) {
  Json document = Json::object();
  document["schemaVersion"] = 2;
  document["mediaType"] = media_type::kManifest;
  document["config"] = write_descriptor(config);
  document["layers"] = Json::array();
  for (const Descriptor& layer : layers) document["layers"].push_back(write_descriptor(layer));
  if (!annotations.empty()) document["annotations"] = annotations;
  return {render_json(document, kWhat), std::string(media_type::kManifest), std::move(config),
          std::move(layers), std::move(annotations)};
}

Manifest Manifest::make_artifact(std::string artifact_type, std::vector<Descriptor> layers,
                                 std::map<std::string, std::string> annotations,
                                 std::optional<Descriptor> subject) {
  const Descriptor config{
      std::string(media_type::kEmpty), Digest::of(kEmptyDocument), kEmptyDocument.size(), {}};
  Json document = Json::object();
  document["schemaVersion"] = 2;
  document["mediaType"] = media_type::kManifest;
  document["artifactType"] = artifact_type;
  document["config"] = write_descriptor(config);
  document["layers"] = Json::array();
  for (const Descriptor& layer : layers) document["layers"].push_back(write_descriptor(layer));
  if (subject) document["subject"] = write_descriptor(*subject);
  if (!annotations.empty()) document["annotations"] = annotations;
  return {render_json(document, kWhat),
          std::string(media_type::kManifest),
          config,
          std::move(layers),
          std::move(annotations),
          std::move(subject),
          std::move(artifact_type)};
}

void Manifest::require_image() const {
  if (!media_type::is_image_config(config.media_type)) {
    throw Error(
        ErrorKind::kRefused,
        fmt::format("expected a container image, found an artifact whose configuration is `{}`",
                    config.media_type));
  }
  for (const Descriptor& layer : layers) {
    if (!media_type::is_layer(layer.media_type)) {
      throw Error(
          ErrorKind::kRefused,
          fmt::format("layer `{}` is of the media type `{}`, expected a tar, gzip or zstd layer",
                      layer.digest.render(), layer.media_type));
    }
  }
}

}  // namespace kasane::registry
