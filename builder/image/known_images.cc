#include "builder/image/known_images.h"

#include <algorithm>

namespace kasane::builder {
namespace {

bool is_there(const BuildReport& known, registry::ImageTarget& target) {
  const auto current = target.find_current();
  if (!current || current->digest().render() != known.digest) return false;
  if (!target.has_blob(current->config.digest, current->config.size_bytes)) return false;
  return std::all_of(current->layers.begin(), current->layers.end(), [&](const auto& layer) {
    return target.has_blob(layer.digest, layer.size_bytes);
  });
}

}  // namespace

cache::Key KnownImages::key(const EnvironmentId& id) const {
  return cache::Key::of("image", id.hex() + " " + variant_);
}

std::optional<BuildReport> KnownImages::find(const EnvironmentId& id,
                                             registry::ImageTarget& target) const {
  const auto outcome = cache_.find(key(id));
  if (!outcome) return std::nullopt;
  BuildReport known = BuildReport::parse_json(outcome->value);
  if (!is_there(known, target)) return std::nullopt;
  for (LayerReport& layer : known.layers) {
    if (layer.origin != LayerReport::Origin::kBase) layer.origin = LayerReport::Origin::kReused;
    known.bytes_reused += layer.descriptor.size_bytes;
  }
  known.strategy_reason = std::string(kThereAlready);
  return known;
}

void KnownImages::remember(const EnvironmentId& id, BuildReport report) {
  report.bytes_fetched = report.bytes_built = report.bytes_reused = 0;
  report.seconds_build = report.seconds_fetch = report.seconds_publish = 0;
  cache_.remember(key(id), {report.render_json(), {}});
}

}  // namespace kasane::builder
