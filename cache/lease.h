#pragma once

#include <memory>
#include <mutex>
#include <set>
#include <span>
#include <string>
#include <unordered_set>
#include <vector>

#include "base/digest.h"
#include "base/file_system.h"
#include "cache/layout.h"

namespace kasane::cache {

/// Says, to all processes, which blobs one open cache uses: a locked file that names them. Once its
/// holder is gone the file is the record of what was used last, until somebody gathers it.
/// Thread-safe.
class Lease {
 public:
  Lease(FileSystem& files, const Layout& layout);
  ~Lease();

  /// Unique among all that have the cache open.
  const std::string& name() const { return name_; }
  /// Held while blobs are taken into use and looked for, so that none goes in between.
  std::unique_ptr<FileLock> hold_off_eviction();
  /// Takes blobs into use. The caller holds off eviction.
  void use(std::span<const Digest> digests);
  bool uses_all(std::span<const Digest> digests);
  std::uint64_t next_number();

 private:
  FileSystem& files_;
  const Layout& layout_;
  std::string name_;
  std::unique_ptr<FileLock> lock_;
  std::unique_ptr<WritableFile> log_;
  std::mutex mutex_;
  bool torn_ = false;
  std::uint64_t numbers_ = 0;
  std::unordered_set<Digest> used_;
};

/// All leases of a cache, as the one sees them who wants to remove something.
struct LeaseBook {
  /// Names of leases whose holders live.
  std::set<std::string> live;
  /// Blobs that these use.
  std::unordered_set<Digest> in_use;
  /// Names of leases whose holders are gone, the oldest first, and the blobs they used in order.
  std::vector<std::string> ended;
  std::vector<Digest> used_before;

  /// The caller keeps everybody from taking blobs into use meanwhile.
  static LeaseBook read(FileSystem& files, const Layout& layout);
};

}  // namespace kasane::cache
