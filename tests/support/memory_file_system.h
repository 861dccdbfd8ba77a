#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <random>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/file_system.h"

namespace kasane {

/// A disk in memory that knows what a crash would leave of it. Written bytes are safe once their
/// file is synced, and names once their directory is; until then a loss of power keeps some of
/// them and not others, by chance: appended bytes in part, or as zeros; of a renamed file the old
/// name, the new one, both or none. Operations can be made to fail. Thread-safe.
class MemoryFileSystem final : public FileSystem {
 public:
  explicit MemoryFileSystem(std::uint64_t seed = 1);
  ~MemoryFileSystem() override;

  /// The operation after the next `operations` that would change something fails, and so do all
  /// after it, reading ones too, until power is back. Open files and locks are of no use then.
  void lose_power_after(std::uint64_t operations);
  bool power_is_lost() const;
  /// What is there now is what the crash has left.
  void restore_power();
  /// How many operations have changed something so far.
  std::uint64_t changes() const;

  /// Operations of that name (`write`, `sync`, `rename`, `create`, `remove`, `sync_directory`,
  /// `open`) on paths that contain `part` fail with `error_number`, after `spare` more of them.
  void fail(std::string operation, std::string part, int error_number, std::uint64_t spare = 0);
  /// Writing beyond this many bytes in all files together fails with ENOSPC.
  void set_capacity(std::uint64_t bytes);
  /// No operation fails any more.
  void mend();

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

 private:
  struct Node;
  struct Disk;
  class Reader;
  class Writer;
  class Lock;
  friend struct Disk;

  /// Outlives this object in the hands of open files.
  std::shared_ptr<Disk> disk_;
};

}  // namespace kasane
