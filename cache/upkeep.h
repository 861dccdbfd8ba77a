#pragma once

#include <cstdint>
#include <optional>

#include "base/file_system.h"
#include "cache/cache.h"
#include "cache/index.h"
#include "cache/layout.h"
#include "cache/lease.h"

namespace kasane::cache {

/// What is done to a cache as a whole. Borrows all it is given. Thread-safe; of all processes, one
/// at a time trims or verifies.
class Upkeep {
 public:
  Upkeep(FileSystem& files, const Layout& layout, Index& index)
      : files_(files), layout_(layout), index_(index) {}

  /// Removes what only live processes have a use for. The caller makes sure, by holding the open
  /// lock exclusively, that there is no other.
  void tidy();
  TrimResult trim(std::uint64_t limit_bytes);
  /// The same, down to `goal_bytes`; nothing happens while somebody else trims.
  std::optional<TrimResult> trim_unless_busy(std::uint64_t goal_bytes);
  VerifyResult verify();
  /// Bytes in temporaries and downloads.
  std::uint64_t partial_bytes();

 private:
  TrimResult evict(std::uint64_t goal_bytes);
  /// Takes over the records of ended leases into the index.
  LeaseBook gather_leases();
  void remove_stale_temporaries();
  void remove_idle_partials();
  bool is_there(const Digest& digest);

  FileSystem& files_;
  const Layout& layout_;
  Index& index_;
};

}  // namespace kasane::cache
