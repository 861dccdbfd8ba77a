#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/stream.h"

namespace kasane {

using Path = std::filesystem::path;

struct FileStatus {
  enum class Type { kFile, kDirectory, kSymlink, kOther };
  Type type = Type::kFile;
  std::uint64_t size = 0;
};

/// An open file to read from. read_at may be called from several threads at once.
class ReadableFile {
 public:
  virtual ~ReadableFile() = default;
  virtual std::uint64_t size() const = 0;
  /// Fills a prefix of `buffer` from `offset` on; less than asked for only at the end of the file.
  virtual std::size_t read_at(std::uint64_t offset, std::span<char> buffer) const = 0;
};

/// An open file to append to. What was written is safe from a crash only after sync().
class WritableFile : public ByteSink {
 public:
  virtual void sync() = 0;
  /// Closes and reports what the system had held back; destruction without it drops such errors.
  virtual void close() = 0;
};

/// Held until destroyed; belongs to the process and vanishes with it.
class FileLock {
 public:
  virtual ~FileLock() = default;
};

enum class LockMode { kShared, kExclusive };

/// The disk. Failed calls throw an Error that names the path. Thread-safe.
class FileSystem {
 public:
  virtual ~FileSystem() = default;

  /// Nothing there is nullptr; anything else that fails throws.
  virtual std::unique_ptr<ReadableFile> find_file(const Path& path) = 0;
  /// Makes a new file, which must not exist yet.
  virtual std::unique_ptr<WritableFile> create_file(const Path& path) = 0;
  /// Opens an existing or new file to append to it.
  virtual std::unique_ptr<WritableFile> append_file(const Path& path) = 0;
  virtual std::optional<FileStatus> find_status(const Path& path) = 0;
  /// Names in a directory, sorted; empty when it is not there.
  virtual std::vector<std::string> list(const Path& directory) = 0;
  virtual void create_directories(const Path& path) = 0;
  virtual void rename(const Path& from, const Path& to) = 0;
  /// True when something was there and is gone now.
  virtual bool remove(const Path& path) = 0;
  virtual void remove_all(const Path& path) = 0;
  /// Makes the names in a directory (created, renamed, removed ones) safe from a crash.
  virtual void sync_directory(const Path& path) = 0;
  /// Waits for an advisory lock on the file at `path`, which is made when missing.
  virtual std::unique_ptr<FileLock> lock(const Path& path, LockMode mode) = 0;
  /// The same without waiting: nullptr when another holder has it.
  virtual std::unique_ptr<FileLock> try_lock(const Path& path, LockMode mode) = 0;

  /// open or throw, for files that must be there.
  std::unique_ptr<ReadableFile> open_file(const Path& path);
  /// The whole of a small file; an Error of kind kRefused above `limit`.
  std::string read_text(const Path& path, std::size_t limit = std::size_t{64} << 20);
  /// Replaces a file in one step: a temporary beside it, synced, renamed over it, directory synced.
  void write_atomically(const Path& path, std::string_view bytes);
};

class PosixFileSystem final : public FileSystem {
 public:
  std::unique_ptr<ReadableFile> find_file(const Path& path) override;
  std::unique_ptr<WritableFile> create_file(const Path& path) override;
  std::unique_ptr<WritableFile> append_file(const Path& path) override;
  std::optional<FileStatus> find_status(const Path& path) override;
  std::vector<std::string> list(const Path& directory) override;
  void create_directories(const Path& path) override;
  void rename(const Path& from, const Path& to) override;
  bool remove(const Path& path) override;
  void remove_all(const Path& path) override;
  void sync_directory(const Path& path) override;
  std::unique_ptr<FileLock> lock(const Path& path, LockMode mode) override;
  std::unique_ptr<FileLock> try_lock(const Path& path, LockMode mode) override;
};

/// Reads a part of an open file in order; borrows the file.
class FileSource final : public ByteSource {
 public:
  explicit FileSource(const ReadableFile& file) : FileSource(file, 0, file.size()) {}
  FileSource(const ReadableFile& file, std::uint64_t offset, std::uint64_t size)
      : file_(file), offset_(offset), end_(offset + size) {}
  std::size_t read(std::span<char> buffer) override;

 private:
  const ReadableFile& file_;
  std::uint64_t offset_;
  std::uint64_t end_;
};

}  // namespace kasane
