#include "builder/image/build_report.h"

#include <nlohmann/json.hpp>

#include "base/error.h"

namespace kasane::builder {
namespace {

using Json = nlohmann::ordered_json;

Json layer_json(const LayerReport& layer) {
  return {{"digest", layer.descriptor.digest.render()},
          {"diff_id", layer.diff_id},
          {"size", layer.descriptor.size_bytes},
          {"media_type", layer.descriptor.media_type},
          {"origin", render(layer.origin)},
          {"kind", render(layer.kind)},
          {"packages", layer.packages},
          {"key", layer.key}};
}

template <class Value>
Value read_enum(const std::string& text, std::initializer_list<Value> values) {
  for (const Value value : values) {
    if (render(value) == text) return value;
  }
  throw Error(ErrorKind::kIntegrity, "a report names a kind or origin that does not exist");
}

LayerReport read_layer(const Json& json) {
  using enum LayerReport::Origin;
  using Kind = LayerReport::Kind;
  return {{json.at("media_type"),
           Digest::parse(json.at("digest").get<std::string>()),
           json.at("size"),
           {}},
          json.at("diff_id"),
          read_enum(json.at("origin"), {kBase, kReused, kMounted, kBuilt}),
          read_enum(json.at("kind"),
                    {Kind::kBase, Kind::kPackages, Kind::kEnvironment, Kind::kOverlay}),
          json.at("packages").get<std::vector<std::string>>(),
          json.at("key")};
}

BuildReport read_report(const Json& json) {
  BuildReport report;
  const Json& image = json.at("image");
  report.reference = image.at("reference");
  report.repository = image.at("repository");
  report.digest = image.at("digest");
  report.tags = image.at("tags").get<std::vector<std::string>>();
  report.media_type = image.at("media_type");
  report.config_digest = image.at("config_digest");
  const Json& environment = json.at("environment");
  report.environment_id = environment.at("id");
  report.environment_name = environment.at("name");
  report.environment_path = environment.at("path");
  report.prefix = environment.at("prefix");
  report.python = environment.at("python");
  report.lock_path = json.at("lock").at("path");
  report.lock_sha256 = json.at("lock").at("sha256");
  report.base_reference = json.at("base").at("reference");
  report.base_digest = json.at("base").at("digest");
  for (const Json& layer : json.at("layers")) report.layers.push_back(read_layer(layer));
  report.strategy = json.at("strategy").at("chosen");
  report.strategy_reason = json.at("strategy").at("reason");
  const Json& bytes = json.at("bytes");
  report.bytes_fetched = bytes.at("fetched");
  report.bytes_built = bytes.at("built");
  report.bytes_uploaded = bytes.at("uploaded");
  report.bytes_mounted = bytes.at("mounted");
  report.bytes_reused = bytes.at("reused");
  const Json& seconds = json.at("seconds");
  report.seconds_resolve = seconds.at("resolve");
  report.seconds_fetch = seconds.at("fetch");
  report.seconds_build = seconds.at("build");
  report.seconds_publish = seconds.at("publish");
  report.seconds_total = seconds.at("total");
  report.requests = json.at("requests");
  for (const Json& warning : json.at("warnings")) {
    report.warnings.push_back({warning.at("code"), warning.at("message")});
  }
  return report;
}

}  // namespace

std::string_view render(LayerReport::Origin origin) {
  switch (origin) {
    case LayerReport::Origin::kBase:
      return "base";
    case LayerReport::Origin::kReused:
      return "reused";
    case LayerReport::Origin::kMounted:
      return "mounted";
    case LayerReport::Origin::kBuilt:
      break;
  }
  return "built";
}

std::string_view render(LayerReport::Kind kind) {
  switch (kind) {
    case LayerReport::Kind::kBase:
      return "base";
    case LayerReport::Kind::kEnvironment:
      return "environment";
    case LayerReport::Kind::kOverlay:
      return "overlay";
    case LayerReport::Kind::kPackages:
      break;
  }
  return "packages";
}

std::string BuildReport::render_json() const {
  Json json = {
      {"schema", "kasane.build/1"},
      {"image",
       {{"reference", reference},
        {"repository", repository},
        {"digest", digest},
        {"tags", tags},
        {"media_type", media_type},
        {"config_digest", config_digest}}},
      {"environment",
       {{"id", environment_id},
        {"name", environment_name},
        {"path", environment_path},
        {"prefix", prefix},
        {"python", python}}},
      {"lock", {{"path", lock_path}, {"sha256", lock_sha256}}},
      {"base", {{"reference", base_reference}, {"digest", base_digest}}},
      {"layers", Json::array()},
      {"strategy", {{"chosen", strategy}, {"reason", strategy_reason}}},
      {"bytes",
       {{"fetched", bytes_fetched},
        {"built", bytes_built},
        {"uploaded", bytes_uploaded},
        {"mounted", bytes_mounted},
        {"reused", bytes_reused}}},
      {"seconds",
       {{"resolve", seconds_resolve},
        {"fetch", seconds_fetch},
        {"build", seconds_build},
        {"publish", seconds_publish},
        {"total", seconds_total}}},
      {"requests", requests},
      {"warnings", Json::array()},
  };
  for (const LayerReport& layer : layers) json["layers"].push_back(layer_json(layer));
  for (const Warning& warning : warnings) {
    json["warnings"].push_back({{"code", warning.code}, {"message", warning.message}});
  }
  return json.dump(2, ' ', false, Json::error_handler_t::replace);
}

BuildReport BuildReport::parse_json(std::string_view text) {
  try {
    return read_report(Json::parse(text));
  } catch (const Json::exception& failure) {
    throw Error(ErrorKind::kIntegrity,
                std::string("a report of a build cannot be read: ") + failure.what());
  }
}

}  // namespace kasane::builder
