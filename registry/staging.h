#pragma once

#include <atomic>
#include <memory>
#include <string>

#include "base/digest.h"
#include "base/file_system.h"
#include "registry/image_target.h"

namespace kasane::registry {

/// Makes a directory and those above it that are missing, safe from a crash.
void make_directories_durably(FileSystem& files, const Path& directory);

/// A directory of one process for files that are not visible yet, on the disk where they will be
/// renamed to. Removed at the end; when the process dies before that, the next one that stages in
/// the same place removes it. Thread-safe.
class Staging {
 public:
  /// Makes `<parent>/<prefix><unique>`, after removing those that no living process holds.
  Staging(FileSystem& files, const Path& parent, std::string prefix);
  ~Staging();
  Staging(const Staging&) = delete;
  Staging& operator=(const Staging&) = delete;

  /// A path at which nothing is yet.
  Path next();

 private:
  void remove_abandoned(const Path& parent) const;
  bool claim(const Path& directory);

  FileSystem& files_;
  std::string prefix_;
  Path directory_;
  std::unique_ptr<FileLock> lock_;
  std::atomic<unsigned> counter_ = 0;
};

/// Bytes that go into a staged file and are hashed on the way. Dropped without close(), the file is
/// removed. Not thread-safe.
class StagedFile final : public ByteSink {
 public:
  StagedFile(FileSystem& files, Path path);
  ~StagedFile() override;
  void write(std::string_view bytes) override;
  /// Syncs and closes; the file stays at path() from then on.
  Digest close();
  const Path& path() const { return path_; }
  std::uint64_t size_bytes() const { return size_bytes_; }

 private:
  FileSystem& files_;
  Path path_;
  std::unique_ptr<WritableFile> file_;
  Sha256Hasher hasher_;
  std::uint64_t size_bytes_ = 0;
  bool closed_ = false;
};

}  // namespace kasane::registry
