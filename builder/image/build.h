#pragma once

#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "builder/image/compiler_home.h"
#include "builder/image/image_builder.h"
#include "builder/image/layer_index.h"
#include "builder/image/package_outcome.h"
#include "builder/shared/overlaid_cache.h"
#include "builder/shared/shared_hints.h"

namespace kasane::builder {

/// One build, from a request to its report. Used for one of run() and preview(), once. Not
/// thread-safe. Borrows both.
class Build {
 public:
  explicit Build(const BuildRequest& request, BuildServices& services,
                 bool asks_for_each_blob = false);

  BuildReport run();
  PlanPreview preview();
  /// What failed may have failed because the target's manifests were taken at their word.
  bool took_word() const { return target_ && target_->takes_manifests_word(); }

 private:
  void check_base() const;
  void choose_byte_code();
  EnvironmentId find_id() const;
  std::string variant() const;
  void open_target(const EnvironmentId& id);
  std::optional<BuildReport> find_finished(const EnvironmentId& id);
  ImagePlan plan(std::vector<PlanInput> inputs);
  bool learn_of_packages(const std::vector<std::optional<PlanInput>>& found);
  ImagePlan plan_with_hints();
  void find_layers(ImagePlan& plan);
  void learn_of_layers(ImagePlan& plan);
  void refuse_if_strict(const ImagePlan& plan) const;
  bool prepare_packages(const ImagePlan& plan, CompilerHome& compiler);
  std::vector<AssembledLayer> build_layers(const ImagePlan& plan, CompilerHome& compiler);
  AssembledLayer build_environment(const ImagePlan& plan);
  std::vector<PackageOutcome> collect_outcomes(const ImagePlan& plan);
  void report_base();
  void publish(const ImagePlan& plan, const std::vector<AssembledLayer>& layers);
  void leave_hints(const ImagePlan& plan);
  LayerReport::Origin origin(const registry::KnownLayer& layer) const;
  void describe(const EnvironmentId& id);

  const BuildRequest& request_;
  BuildServices& services_;
  PlanOptions options_;
  OverlaidCache cache_;
  LockInputs inputs_;
  bool asks_for_each_blob_;
  std::unique_ptr<registry::ImageTarget> target_;
  std::unique_ptr<SharedHints> hints_;
  std::unique_ptr<LayerIndex> index_;
  std::optional<Digest> lock_digest_;
  BuildReport report_;
};

}  // namespace kasane::builder
