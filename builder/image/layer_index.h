#pragma once

#include <map>
#include <mutex>
#include <optional>
#include <string>

#include "cache/cache.h"
#include "registry/image_store.h"

namespace kasane::builder {

/// What is remembered of a layer under its key.
std::string render_layer(const registry::KnownLayer& layer);
std::optional<registry::KnownLayer> parse_layer(const std::string& text);

/// A layer that this machine has made before, wherever it went.
std::optional<registry::KnownLayer> find_made_layer(cache::Cache& cache, const cache::Key& key);

/// Finds layers by their keys: those that this machine has made before, as its cache remembers, and
/// those that images in the target hold, as their annotations tell. Only layers whose blob is in
/// the target count. Borrows both. Thread-safe.
class LayerIndex {
 public:
  LayerIndex(cache::Cache& cache, registry::ImageTarget& target) : cache_(cache), target_(target) {}

  std::optional<registry::KnownLayer> find(const cache::Key& key);
  void remember(const cache::Key& key, const registry::KnownLayer& layer);

 private:
  std::optional<registry::KnownLayer> find_in_target(const cache::Key& key);
  bool is_there(const registry::KnownLayer& layer) const;

  cache::Cache& cache_;
  registry::ImageTarget& target_;
  std::mutex mutex_;
  std::optional<std::map<std::string, registry::KnownLayer>> in_target_;
};

}  // namespace kasane::builder
