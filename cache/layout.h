#pragma once

#include <string_view>

#include "base/file_system.h"

namespace kasane::cache {

/// The version of the format on disk, and where its parts lie below the cache's directory.
struct Layout {
  static constexpr int kVersion = 1;

  explicit Layout(const Path& directory) : root(directory / "v1") {}
  /// Makes the directories, safe from a crash.
  void create(FileSystem& files, const Path& directory) const;

  Path root;
  /// Complete, checked, synced blobs by their digest; nothing else.
  Path blobs = root / "blobs";
  /// Blobs that are being written, `<lease>.<n>`.
  Path temporaries = root / "tmp";
  /// Downloads that may go on later, by the digest of their name.
  Path partials = root / "partial";
  /// What each process with the cache open has used, and those before it that nobody has gathered.
  Path leases = root / "leases";
  /// Lock files of pieces of work and downloads.
  Path locks = root / "locks";
  /// Held shared by everybody who has the cache open.
  Path open_lock = root / "open.lock";
  /// Held shared to begin using a blob, exclusively to remove some.
  Path use_lock = root / "use.lock";
  /// Held by the one who evicts.
  Path evict_lock = root / "evict.lock";
};

}  // namespace kasane::cache
