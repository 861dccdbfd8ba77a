#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "builder/fetch/package_fetcher.h"
#include "builder/plan/image_plan.h"
#include "cache/cache.h"
#include "resolver/lock/lock.h"

namespace kasane::builder {

/// Under which the facts of a package are kept: they depend on its bytes, and on the kind of file
/// that these are taken for. Its sha256 must be known.
cache::Key facts_key(const resolver::LockedPackage& package);

/// The packages of a lock, and what is known of each. What must be asked of a package's own bytes
/// is asked once and kept in the cache by their digest.
class LockInputs {
 public:
  LockInputs(const resolver::Lock& lock, cache::Cache& cache, PackageFetcher& fetcher,
             unsigned threads)
      : packages_(lock.packages), cache_(cache), fetcher_(fetcher), threads_(threads) {}

  /// Finds the sha256 of packages for which the lock has only an md5, by fetching those never seen.
  void complete_digests();
  const std::vector<resolver::LockedPackage>& packages() const { return packages_; }

  /// All packages with their facts, given what find_facts() found; the others are fetched, and
  /// looked into.
  std::vector<PlanInput> read_facts(std::vector<std::optional<PlanInput>> found);
  /// The same from the cache alone: nothing for a package that was never looked into.
  std::vector<std::optional<PlanInput>> find_facts();
  /// Makes sure that these packages of the lock are in the cache.
  void fetch(const std::vector<resolver::LockedPackage>& packages);
  /// A package file that was fetched.
  std::unique_ptr<ReadableFile> open(const resolver::LockedPackage& package) const;

  std::uint64_t fetched_bytes() const { return fetched_bytes_; }

 private:
  void fetch_and_complete(const std::vector<std::size_t>& indexes);
  PlanInput look_into(const resolver::LockedPackage& package) const;

  std::vector<resolver::LockedPackage> packages_;
  cache::Cache& cache_;
  PackageFetcher& fetcher_;
  unsigned threads_;
  std::uint64_t fetched_bytes_ = 0;
};

}  // namespace kasane::builder
