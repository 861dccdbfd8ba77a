#pragma once

#include <memory>
#include <string_view>

#include "base/file_system.h"

namespace kasane::builder {

/// A new directory below `parent` that is removed with this object. What a killed process left
/// there under the same `name` is removed when the next one is made. `files` is borrowed.
class ScratchDirectory {
 public:
  ScratchDirectory(FileSystem& files, const Path& parent, std::string_view name);
  ~ScratchDirectory();
  ScratchDirectory(const ScratchDirectory&) = delete;
  ScratchDirectory& operator=(const ScratchDirectory&) = delete;

  const Path& path() const { return path_; }

 private:
  FileSystem& files_;
  Path path_;
  std::unique_ptr<FileLock> lock_;
};

}  // namespace kasane::builder
