#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/process.h"
#include "builder/image/build_report.h"
#include "builder/image/image_assembly.h"
#include "builder/image/lock_inputs.h"
#include "builder/plan/image_plan.h"
#include "builder/shared/shared_cache.h"
#include "cache/cache.h"

namespace kasane::builder {

struct BuildRequest {
  resolver::Lock lock;
  BaseImage base;
  PlanOptions plan;
  /// How many layers ours may be, the environment's one counted.
  std::size_t max_layers = 64;
  /// Tags beside that of the target's own reference.
  std::vector<std::string> tags;
  /// Refuse what would otherwise be a warning about a package that cannot be installed fully.
  bool strict = false;
};

struct BuildServices {
  FileSystem& files;
  cache::Cache& cache;
  PackageFetcher& fetcher;
  CommandRunner& runner;
  /// For unpacking an interpreter; emptied afterwards.
  Path scratch;
  unsigned threads = 1;
  /// Where the image goes, once its id is known.
  std::function<std::unique_ptr<registry::ImageTarget>(const EnvironmentId&)> open_target;
  /// Where builds leave word for each other in the registry of such a target; absent: nowhere.
  std::function<std::unique_ptr<SharedCache>(const registry::RegistryReference&)> open_shared = {};
  /// How many requests registries have been sent so far.
  std::function<std::uint64_t()> count_requests = [] { return 0; };
  /// Called with each stage's name as it begins.
  std::function<void(std::string_view)> on_stage = [](std::string_view) {};
};

/// The plan for a request, as far as the cache knows the packages.
struct PlanPreview {
  EnvironmentId id;
  /// Nothing when packages must be looked into first.
  std::optional<ImagePlan> plan;
  /// The image is in the target as it is.
  bool complete = false;
  /// Indexes of packages that a build would fetch.
  std::vector<std::size_t> to_fetch;
};

/// Builds the image of a lock over a base: one way, from the lock to the report.
BuildReport build_image(const BuildRequest& request, BuildServices& services);

/// What build_image() would do; writes nothing but what the cache learns.
PlanPreview preview_image(const BuildRequest& request, BuildServices& services);

}  // namespace kasane::builder
