#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/error.h"
#include "base/file_system.h"
#include "tests/support/memory_file.h"

namespace kasane::testing {

/// Files to be read, by their paths as they are asked for; a directory is what a path lies below.
/// Whatever would change something throws.
class ListedFiles final : public FileSystem {
 public:
  void set(const std::string& path, std::string bytes) { files_[path] = std::move(bytes); }

  std::unique_ptr<ReadableFile> find_file(const Path& path) override {
    const auto found = files_.find(path.string());
    if (found == files_.end()) return nullptr;
    return std::make_unique<MemoryFile>(found->second);
  }
  std::optional<FileStatus> find_status(const Path& path) override {
    const auto found = files_.find(path.string());
    if (found != files_.end()) return FileStatus{FileStatus::Type::kFile, found->second.size()};
    if (!list(path).empty()) return FileStatus{FileStatus::Type::kDirectory, 0};
    return std::nullopt;
  }
  std::vector<std::string> list(const Path& directory) override {
    std::string below = directory.string();
    if (!below.ends_with('/')) below += '/';
    std::vector<std::string> names;
    for (const auto& [path, bytes] : files_) {
      if (!path.starts_with(below)) continue;
      std::string name = path.substr(below.size());
      name = name.substr(0, name.find('/'));
      if (names.empty() || names.back() != name) names.push_back(std::move(name));
    }
    return names;
  }

  std::unique_ptr<WritableFile> create_file(const Path&) override { throw changed(); }
  std::unique_ptr<WritableFile> append_file(const Path&) override { throw changed(); }
  void create_directories(const Path&) override { throw changed(); }
  void rename(const Path&, const Path&) override { throw changed(); }
  bool remove(const Path&) override { throw changed(); }
  void remove_all(const Path&) override { throw changed(); }
  void sync_directory(const Path&) override { throw changed(); }
  std::unique_ptr<FileLock> lock(const Path&, LockMode) override { throw changed(); }
  std::unique_ptr<FileLock> try_lock(const Path&, LockMode) override { throw changed(); }

 private:
  static Error changed() { return {ErrorKind::kFailed, "these files are for reading only"}; }

  std::map<std::string, std::string> files_;
};

}  // namespace kasane::testing
