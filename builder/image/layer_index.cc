#include "builder/image/layer_index.h"

#include <nlohmann/json.hpp>

#include "base/error.h"

namespace kasane::builder {

using Json = nlohmann::json;

std::optional<registry::KnownLayer> parse_layer(const std::string& text) {
  try {
    const Json json = Json::parse(text);
    return registry::KnownLayer{{json.at("media_type"),
                                 Digest::parse(json.at("digest").get<std::string>()),
                                 json.at("size"),
                                 {}},
                                DiffId::parse(json.at("diff_id").get<std::string>())};
  } catch (const Json::exception&) {
    return std::nullopt;
  }
}

std::optional<registry::KnownLayer> find_made_layer(cache::Cache& cache, const cache::Key& key) {
  const auto outcome = cache.find(key);
  return outcome ? parse_layer(outcome->value) : std::nullopt;
}

std::optional<registry::KnownLayer> LayerIndex::find(const cache::Key& key) {
  if (auto layer = find_made_layer(cache_, key); layer && is_there(*layer)) return layer;
  auto layer = find_in_target(key);
  return layer && is_there(*layer) ? layer : std::nullopt;
}

std::optional<registry::KnownLayer> LayerIndex::find_in_target(const cache::Key& key) {
  const std::lock_guard guard(mutex_);
  if (!in_target_) {
    in_target_.emplace();
    for (registry::KnownLayer& layer : target_.known_layers()) {
      const auto annotation = layer.descriptor.annotations.find("io.kasane.layer.key");
      if (annotation == layer.descriptor.annotations.end()) continue;
      in_target_->insert_or_assign(annotation->second, std::move(layer));
    }
  }
  const auto place = in_target_->find(key.render());
  if (place == in_target_->end()) return std::nullopt;
  return place->second;
}

std::string render_layer(const registry::KnownLayer& layer) {
  const Json json = {{"media_type", layer.descriptor.media_type},
                     {"digest", layer.descriptor.digest.render()},
                     {"size", layer.descriptor.size_bytes},
                     {"diff_id", layer.diff_id.render()}};
  return json.dump();
}

void LayerIndex::remember(const cache::Key& key, const registry::KnownLayer& layer) {
  cache_.remember(key, {render_layer(layer), {}});
}

bool LayerIndex::is_there(const registry::KnownLayer& layer) const {
  return target_.has_blob(layer.descriptor.digest, layer.descriptor.size_bytes);
}

}  // namespace kasane::builder
