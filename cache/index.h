#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <vector>

#include "base/digest.h"
#include "base/file_system.h"
#include "cache/cache.h"

namespace kasane::cache {

/// What is remembered of blobs and outcomes beside the blobs themselves, in one SQLite file. The
/// blobs are the truth: the index may be behind or ahead of them, or be lost, and nothing wrong
/// comes of it. An index that is damaged is given up, and the next one begun from the blobs that
/// are there. Thread-safe; any number of processes may have it open.
class Index {
 public:
  /// An outcome, and how large each of its blobs was.
  struct Remembered {
    Outcome outcome;
    std::vector<std::uint64_t> sizes;
  };
  using ListBlobs = std::function<std::vector<BlobSize>()>;

  Index(Path directory, ListBlobs list_blobs);
  ~Index();

  std::optional<Remembered> find(const Key& key);
  void remember(const Key& key, const Remembered& remembered);
  std::optional<std::uint64_t> find_size(const Digest& digest);
  void add_blob(const BlobSize& blob);
  void drop_blobs(std::span<const Digest> digests);
  /// Of all blobs that the index knows.
  std::uint64_t count_bytes();
  std::uint64_t count_outcomes();
  /// Each of them is now used later than all others, in this order.
  void mark_used(std::span<const Digest> digests);
  /// Makes the index know the blobs `present` and no others but those that `is_there` still finds,
  /// and forgets outcomes with other blobs. Returns how many outcomes that were.
  std::uint64_t reconcile(std::span<const BlobSize> present,
                          const std::function<bool(const Digest&)>& is_there);
  /// `present` from the least to the most recently used; those unknown to the index come first.
  std::vector<BlobSize> by_last_use(std::vector<BlobSize> present);
  /// Deletes indexes that were given up. Nobody else may have the cache open.
  void remove_abandoned();

 private:
  struct Connection;

  template <class Body>
  auto run(Body body);
  void open();
  std::unique_ptr<Connection> try_connect(const Path& path);
  Path file(int generation) const;
  int newest_generation();

  const Path directory_;
  const ListBlobs list_blobs_;
  PosixFileSystem files_;
  std::mutex mutex_;
  int generation_ = 0;
  std::unique_ptr<Connection> connection_;
};

}  // namespace kasane::cache
