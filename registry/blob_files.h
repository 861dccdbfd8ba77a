#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "base/file_system.h"
#include "registry/tar_index.h"

namespace kasane::registry {

/// The files of an image store by their names within it, whether it is a directory or an archive.
/// Thread-safe.
class BlobFiles {
 public:
  virtual ~BlobFiles() = default;
  /// The regular file of that name; nullptr when there is none. It may outlive this.
  virtual std::unique_ptr<ReadableFile> find(std::string_view name) const = 0;
};

/// Below a directory of the disk. Borrows the file system.
class DirectoryFiles final : public BlobFiles {
 public:
  DirectoryFiles(FileSystem& files, Path directory)
      : files_(files), directory_(std::move(directory)) {}
  std::unique_ptr<ReadableFile> find(std::string_view name) const override;

 private:
  FileSystem& files_;
  Path directory_;
};

/// In an uncompressed tar archive, found by an index that is made once.
class ArchiveFiles final : public BlobFiles {
 public:
  /// An Error as TarIndex::read() has it.
  ArchiveFiles(std::shared_ptr<const ReadableFile> file, std::string_view name)
      : file_(std::move(file)), index_(TarIndex::read(*file_, name)) {}
  std::unique_ptr<ReadableFile> find(std::string_view name) const override;
  const TarIndex& index() const { return index_; }

 private:
  std::shared_ptr<const ReadableFile> file_;
  TarIndex index_;
};

/// The bytes of a file that the result owns.
std::unique_ptr<ByteSource> read_whole(std::unique_ptr<ReadableFile> file);

}  // namespace kasane::registry
