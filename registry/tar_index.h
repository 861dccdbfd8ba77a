#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>

#include "base/file_system.h"

namespace kasane::registry {

/// Where each file of an uncompressed tar lies in it. Reads headers only: its cost does not depend
/// on the size of the files. Borrows nothing.
class TarIndex {
 public:
  struct Member {
    enum class Type { kFile, kDirectory, kLink, kOther };
    Type type = Type::kFile;
    std::uint64_t offset = 0;
    std::uint64_t size_bytes = 0;
    /// Of a symbolic link as it stands; of a hard link from the archive's root, with `/` before it.
    std::string target;
  };

  /// An archive that is damaged or names a file twice is an Error of kind kIntegrity; one with a
  /// name that is absolute or leads out of it, or a compressed one, of kind kRefused. `name` is for
  /// errors.
  static TarIndex read(const ReadableFile& file, std::string_view name);

  /// The regular file of that name, links within the archive followed; nullptr when there is none.
  const Member* find_file(std::string_view path) const;
  const std::map<std::string, Member, std::less<>>& members() const { return members_; }

 private:
  std::map<std::string, Member, std::less<>> members_;
};

/// A part of another file, which it keeps open. As thread-safe as that one.
class FileSlice final : public ReadableFile {
 public:
  FileSlice(std::shared_ptr<const ReadableFile> file, std::uint64_t offset,
            std::uint64_t size_bytes)
      : file_(std::move(file)), offset_(offset), size_bytes_(size_bytes) {}
  std::uint64_t size() const override { return size_bytes_; }
  std::size_t read_at(std::uint64_t offset, std::span<char> buffer) const override;

 private:
  std::shared_ptr<const ReadableFile> file_;
  std::uint64_t offset_;
  std::uint64_t size_bytes_;
};

}  // namespace kasane::registry
