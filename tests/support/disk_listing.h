#pragma once

#include <sys/stat.h>
#include <sys/sysmacros.h>

#include <algorithm>
#include <filesystem>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "base/file_system.h"
#include "builder/image/flatten_listing.h"

namespace kasane::testing {

/// What lies below a directory of the disk, told as flatten_listing() tells an image.
inline std::vector<builder::ListingEntry> disk_listing(const std::filesystem::path& root) {
  PosixFileSystem files;
  std::vector<builder::ListingEntry> out;
  std::map<std::pair<dev_t, ino_t>, std::vector<std::size_t>> names;
  for (const auto& item : std::filesystem::recursive_directory_iterator(root)) {
    struct stat status {};
    if (::lstat(item.path().c_str(), &status) != 0) throw system_error("cannot look at a file");
    builder::ListingEntry entry;
    entry.path = item.path().lexically_relative(root).native();
    entry.mode = S_ISLNK(status.st_mode) ? 0777 : status.st_mode & 07777;
    entry.user_id = status.st_uid;
    entry.group_id = status.st_gid;
    entry.mtime = status.st_mtime;
    using Type = TarEntry::Type;
    entry.type = S_ISDIR(status.st_mode)    ? Type::kDirectory
                 : S_ISLNK(status.st_mode)  ? Type::kSymlink
                 : S_ISCHR(status.st_mode)  ? Type::kCharacterDevice
                 : S_ISBLK(status.st_mode)  ? Type::kBlockDevice
                 : S_ISFIFO(status.st_mode) ? Type::kFifo
                                            : Type::kFile;
    if (entry.type == Type::kSymlink) {
      entry.target = std::filesystem::read_symlink(item.path()).native();
    }
    if (entry.type == Type::kFile) {
      entry.size_bytes = static_cast<std::uint64_t>(status.st_size);
      entry.content = Digest::of(files.read_text(item.path(), std::size_t{1} << 32));
    }
    if (entry.type != Type::kDirectory && status.st_nlink > 1) {
      names[{status.st_dev, status.st_ino}].push_back(out.size());
    }
    out.push_back(std::move(entry));
  }
  for (const auto& name : names) {
    std::string least = out[name.second.front()].path;
    for (const std::size_t i : name.second) least = std::min(least, out[i].path);
    for (const std::size_t i : name.second) out[i].linked_to = least;
  }
  std::sort(out.begin(), out.end(),
            [](const auto& left, const auto& right) { return left.path < right.path; });
  return out;
}

}  // namespace kasane::testing
