#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string_view>
#include <vector>

#include "base/digest.h"
#include "base/file_system.h"
#include "cache/cache.h"
#include "cache/layout.h"
#include "cache/lease.h"

namespace kasane::cache {

/// The blobs on disk, each a file named by its digest. Thread-safe.
class BlobStore {
 public:
  /// `committed` is told of each blob that became visible. All is borrowed.
  BlobStore(FileSystem& files, const Layout& layout, Lease& lease,
            std::function<void(const BlobSize&)> committed)
      : files_(files), layout_(layout), lease_(lease), committed_(std::move(committed)) {}

  static std::vector<BlobSize> list(FileSystem& files, const Layout& layout);
  static std::optional<std::uint64_t> find_size(FileSystem& files, const Layout& layout,
                                                const Digest& digest);

  std::unique_ptr<BlobWriter> begin();
  /// Waits for the download's lock.
  std::unique_ptr<PartialBlob> resume(std::string_view name);
  std::optional<std::uint64_t> find_size(const Digest& digest) const {
    return find_size(files_, layout_, digest);
  }
  std::unique_ptr<ReadableFile> find_file(const Digest& digest) const;
  bool remove(const Digest& digest) { return files_.remove(path(digest)); }

  /// Makes the synced, complete file at `temporary` visible.
  void publish(const Path& temporary, const BlobSize& blob);
  /// Makes the names of all blobs so far safe from a crash.
  void sync_names();

 private:
  Path path(const Digest& digest) const { return layout_.blobs / digest.hex(); }

  FileSystem& files_;
  const Layout& layout_;
  Lease& lease_;
  const std::function<void(const BlobSize&)> committed_;
  std::atomic<unsigned> unsynced_names_ = 0;
};

}  // namespace kasane::cache
