#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/codec.h"
#include "base/warning.h"
#include "builder/fragment/fragment.h"
#include "builder/plan/environment_id.h"
#include "builder/plan/layering.h"
#include "cache/cache.h"
#include "registry/image_store.h"
#include "resolver/lock/lock.h"

namespace kasane::builder {

/// Looks for a layer by its key; handed in so that planning itself asks nobody.
using FindLayer = std::function<std::optional<registry::KnownLayer>(const cache::Key&)>;

struct PlanOptions {
  std::string prefix = "/azureml-envs/kasane";
  CompressionMethod compression = CompressionMethod::gzip();
  LayeringRules layering;
  bool byte_code = true;
  /// The time of all entries.
  std::int64_t time = 0;
};

/// A package, and all that is known of it before anything is installed.
struct PlanInput {
  resolver::LockedPackage locked;
  std::uint64_t size_bytes = 0;
  PackageFacts facts;
};

struct PlannedPackage {
  resolver::LockedPackage locked;
  PackageFacts facts;
  FragmentSpec fragment;
  /// What its installation brings, excluded paths left out.
  std::vector<PackagePath> paths;
};

struct PlannedLayer {
  std::vector<LayerMember> members;
  cache::Key key;
  /// Set when the layer need not be made.
  std::optional<registry::KnownLayer> known;
};

/// Which image a lock becomes, over a base: which layers are reused and which are built, of what.
/// A value; made without looking at anything but its inputs.
struct ImagePlan {
  EnvironmentId id;
  std::string platform;
  PlanOptions options;
  std::optional<Digest> base;
  std::optional<PythonLayout> python;
  /// Of the package `python`; nothing when no byte-code is compiled.
  std::optional<Digest> compiler;
  /// In the stated order.
  std::vector<PlannedPackage> packages;
  /// Of each package's fragment, in the same order: packages[i].fragment.key(), made once.
  std::vector<cache::Key> fragment_keys;
  /// From the bottom up, without the base's and without the environment's own.
  std::vector<PlannedLayer> layers;
  Warnings warnings;

  /// The path below the prefix's parent that is reported: `/azureml-envs/azureml_<id>`.
  std::string environment_path() const;
};

ImagePlan make_plan(std::vector<PlanInput> inputs, const std::string& platform,
                    const std::optional<Digest>& base, const PlanOptions& options,
                    const FindLayer& find_layer);

}  // namespace kasane::builder
