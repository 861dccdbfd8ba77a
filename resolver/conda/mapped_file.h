#pragma once

#include <optional>
#include <string_view>

#include "base/file_system.h"

namespace kasane::resolver {

/// A file as it is, mapped into memory for reading. It must not be shortened by anyone; files here
/// are replaced or appended to, never changed.
class MappedFile {
 public:
  /// Nothing when there is no such file, or it is empty or no regular one.
  static std::optional<MappedFile> open(const Path& path);
  MappedFile(MappedFile&& other) noexcept;
  MappedFile& operator=(MappedFile&& other) noexcept;
  ~MappedFile();

  std::string_view bytes() const { return bytes_; }

 private:
  explicit MappedFile(std::string_view bytes) : bytes_(bytes) {}
  std::string_view bytes_;
};

}  // namespace kasane::resolver
