#pragma once

#include <optional>
#include <string>

#include "builder/image/build_report.h"
#include "builder/plan/environment_id.h"
#include "cache/cache.h"
#include "registry/image_store.h"

namespace kasane::builder {

/// Remembers the reports of finished builds, so that one of which nothing has changed ends at once.
/// `variant` is all that the manifest's bytes depend on beside the environment's id. Borrows the
/// cache.
class KnownImages {
 public:
  KnownImages(cache::Cache& cache, std::string variant)
      : cache_(cache), variant_(std::move(variant)) {}

  /// The report of the image when the target's tag names it and holds all its blobs: every layer of
  /// it counts as reused.
  std::optional<BuildReport> find(const EnvironmentId& id, registry::ImageTarget& target) const;
  void remember(const EnvironmentId& id, BuildReport report);

 private:
  cache::Key key(const EnvironmentId& id) const;

  cache::Cache& cache_;
  std::string variant_;
};

}  // namespace kasane::builder
