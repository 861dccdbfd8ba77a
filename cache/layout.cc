#include "cache/layout.h"

namespace kasane::cache {

void Layout::create(FileSystem& files, const Path& directory) const {
  const Path* const parts[] = {&blobs, &temporaries, &partials, &leases, &locks};
  bool changed = false;
  for (const Path* part : parts) {
    if (files.find_status(*part)) continue;
    files.create_directories(*part);
    changed = true;
  }
  if (!changed) return;
  files.sync_directory(root);
  files.sync_directory(directory);
}

}  // namespace kasane::cache
