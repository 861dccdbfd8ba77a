#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "builder/fragment/chunk_stream.h"
#include "builder/image/layer_writer.h"
#include "builder/image/package_outcome.h"
#include "builder/plan/image_plan.h"
#include "cache/cache.h"

namespace kasane::builder {

class ByteCompiler;

/// What building layers needs from its surroundings.
struct LayerServices {
  cache::Cache& cache;
  registry::ImageTarget& target;
  CompressPool& pool;
  /// The package file of a planned package, by its index; fetched beforehand.
  std::function<std::unique_ptr<ReadableFile>(std::size_t package)> open_package_file;
  /// The compiler for byte-code, begun at the first call; nullptr when there is none. Called from
  /// several threads.
  std::function<ByteCompiler*()> find_compiler;
  /// For what does not fit into memory; nothing stays there.
  Path scratch;
};

/// A layer of the plan, made: and what came out that the plan could not know.
struct BuiltLayer {
  std::size_t layer = 0;
  registry::KnownLayer written;
};

/// Under which find_outcome() looks.
cache::Key contents_key(const ImagePlan& plan, std::size_t package);

/// What making a package's layers once brought to light; nothing when that is not known here, so
/// that the layers must be made again.
std::optional<PackageOutcome> find_outcome(cache::Cache& cache, const ImagePlan& plan,
                                           std::size_t package);

/// Whether find_outcome() would find something.
bool has_outcome(cache::Cache& cache, const ImagePlan& plan, std::size_t package);

/// Keeps it for as long as the cache lives, also when the fragments are evicted. The layers of the
/// package must have been made just now.
void remember_outcome(cache::Cache& cache, const ImagePlan& plan, std::size_t package);

/// True unless the cache holds all byte-code that a package's layers need.
bool needs_compiling(cache::Cache& cache, const ImagePlan& plan, std::size_t package);

/// Makes the layers of one job: a single layer, or all parts of a giant package in one pass.
class PackageLayers {
 public:
  PackageLayers(const ImagePlan& plan, LayerServices services)
      : plan_(plan), services_(std::move(services)) {}

  /// The jobs, each a list of layers of the plan that are made together; layers that are known
  /// already are left out.
  std::vector<std::vector<std::size_t>> find_jobs() const;
  /// Thread-safe.
  std::vector<BuiltLayer> build(const std::vector<std::size_t>& job) const;

 private:
  struct OpenLayer;
  /// Nothing when a layer came out another than the one that was made before.
  std::optional<std::vector<BuiltLayer>> write(
      const std::vector<std::size_t>& job,
      std::vector<std::optional<registry::KnownLayer>> made_before) const;
  void append_package(std::vector<OpenLayer>& open, std::size_t package) const;
  void make_fragment(std::vector<OpenLayer>& open, std::size_t package) const;
  void append_byte_code(OpenLayer& open, const LayerMember& member) const;
  cache::Outcome compile_part(std::size_t part, const FragmentRecord& record) const;

  const ImagePlan& plan_;
  LayerServices services_;
};

}  // namespace kasane::builder
