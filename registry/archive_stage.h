#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "base/digest.h"
#include "base/file_system.h"
#include "registry/archive_writer.h"
#include "registry/image_target.h"
#include "registry/staging.h"

namespace kasane::registry {

/// Keeps the blobs of an archive that is to be written in files beside it, until all are there.
/// Thread-safe until write(). Borrows the file system.
class ArchiveStage {
 public:
  ArchiveStage(FileSystem& files, Path file) : files_(files), file_(std::move(file)) {}

  const Path& file() const { return file_; }
  bool has(const Digest& digest, std::uint64_t size_bytes);
  std::unique_ptr<TargetBlob> begin_blob();
  /// A staged blob as a member that is removed from the disk once it is in the archive; absent when
  /// it is not staged.
  std::optional<ArchiveMember> find_member(const Digest& digest);
  /// A file beside the others, for what is derived from them.
  StagedFile make_file() { return StagedFile(files_, staging().next()); }
  ArchiveMember member_of(const StagedFile& file) const;
  /// Replaces the archive in one step.
  void write(const std::map<std::string, ArchiveMember>& members);
  void add(const Digest& digest, const Path& path, std::uint64_t size_bytes);

 private:
  struct Blob {
    Path path;
    std::uint64_t size_bytes = 0;
  };
  Staging& staging();

  FileSystem& files_;
  Path file_;
  std::mutex mutex_;
  std::unique_ptr<Staging> staging_;
  std::map<Digest, Blob> blobs_;
};

}  // namespace kasane::registry
