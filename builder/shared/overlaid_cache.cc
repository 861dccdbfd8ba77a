#include "builder/shared/overlaid_cache.h"

namespace kasane::builder {

void OverlaidCache::overlay(const std::map<std::string, std::string>& outcomes) {
  const std::lock_guard guard(mutex_);
  told_.insert(outcomes.begin(), outcomes.end());
}

std::optional<cache::Outcome> OverlaidCache::find_told(const cache::Key& key) {
  const std::lock_guard guard(mutex_);
  const auto found = told_.find(key.render());
  if (found == told_.end()) return std::nullopt;
  return cache::Outcome{found->second, {}};
}

std::optional<cache::Outcome> OverlaidCache::find(const cache::Key& key) {
  if (auto known = local_.find(key)) return known;
  return find_told(key);
}

cache::Outcome OverlaidCache::find_or_make(const cache::Key& key,
                                           const std::function<cache::Outcome()>& make) {
  // Of fragments nothing is ever told: these are asked for most, and go straight to the cache.
  if (auto told = find_told(key)) {
    if (auto known = local_.find(key)) return *known;
    return *told;
  }
  return local_.find_or_make(key, make);
}

}  // namespace kasane::builder
