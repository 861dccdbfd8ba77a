#pragma once

#include <memory>
#include <set>
#include <span>
#include <string>
#include <vector>

#include "base/warning.h"
#include "builder/shared/overlaid_cache.h"
#include "builder/shared/shared_cache.h"
#include "registry/image_store.h"

namespace kasane::builder {

/// What a build takes from the shared cache of its target's registry, and leaves there. Trouble
/// with that cache is a warning: a build does not depend on it. Not thread-safe.
class SharedHints {
 public:
  /// `cache` may be absent: then nothing is learnt and left. Borrows the others.
  SharedHints(std::unique_ptr<SharedCache> cache, OverlaidCache& outcomes,
              registry::ImageTarget& target)
      : cache_(std::move(cache)), outcomes_(outcomes), target_(target) {}

  /// Learns what there is about these topics. False when that is nothing new.
  bool learn(const std::set<std::string>& topics);
  void leave(const CacheRecord& record, const std::set<std::string>& topics);
  const Warnings& warnings() const { return warnings_; }

 private:
  template <class Body>
  void attempt(std::string_view what, Body body);

  std::unique_ptr<SharedCache> cache_;
  OverlaidCache& outcomes_;
  registry::ImageTarget& target_;
  Warnings warnings_;
};

/// Tells the target where in its registry this machine has put these blobs before.
void tell_places(cache::Cache& cache, registry::ImageTarget& target, std::span<const Digest> blobs);
/// The target's repository has these blobs now.
void remember_places(cache::Cache& cache, const registry::ImageTarget& target,
                     std::span<const Digest> blobs);

}  // namespace kasane::builder
