#include "builder/image/image_builder.h"

#include <optional>

#include <fmt/format.h>

#include "base/error.h"
#include "builder/image/build.h"

namespace kasane::builder {

/// What is damaged in the cache is noticed when it is used: it is dropped then, and made again. So
/// is a registry that lost a blob of one of its manifests: then each is asked for.
BuildReport build_image(const BuildRequest& request, BuildServices& services) {
  std::optional<std::size_t> damaged;
  bool asks_for_each_blob = false;
  for (;;) {
    Build build(request, services, asks_for_each_blob);
    try {
      BuildReport report = build.run();
      if (damaged) {
        report.warnings.push_back(
            {"cache-damage",
             fmt::format("{} damaged entries of the cache were made again", *damaged)});
      }
      return report;
    } catch (const Error& error) {
      if (error.kind() != ErrorKind::kIntegrity) throw;
      if (!asks_for_each_blob && build.took_word()) {
        asks_for_each_blob = true;
        continue;
      }
      if (damaged) throw;
      damaged = services.cache.verify().damaged.size();
      if (*damaged == 0) throw;
    }
  }
}

PlanPreview preview_image(const BuildRequest& request, BuildServices& services) {
  return Build(request, services).preview();
}

}  // namespace kasane::builder
