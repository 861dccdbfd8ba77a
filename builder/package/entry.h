#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace kasane::builder {

/// One thing that an installed package puts below the prefix.
struct Entry {
  enum class Type { kFile, kSymlink, kHardlink, kDirectory };

  Type type = Type::kFile;
  /// Relative to the prefix, `/` between parts, no empty, `.` or `..` part, no NUL or newline.
  std::string path;
  /// Permission bits only, normalised: 0755 or 0644 for files, 0777 for links, 0755 for
  /// directories.
  std::uint32_t mode = 0644;
  /// Bytes of a file, exact and known beforehand; 0 for all else.
  std::uint64_t size_bytes = 0;
  /// Of a symbolic link: the target as it stands. Of a hard link: a path like `path` that came
  /// before it in the same package.
  std::string target;
  /// Seconds since 1970 as the package's archive has them; only to tell whether a pyc is fresh.
  std::int64_t archive_time = 0;
  /// True when the installation changed the bytes (a prefix was put in).
  bool rewritten = false;
};

/// Takes the entries of one package in order: begin, write until `size_bytes` have come, end. A
/// directory comes only when it is empty or named by the package; parents are implied. A path comes
/// once. Not thread-safe.
class EntrySink {
 public:
  virtual ~EntrySink() = default;
  virtual void begin(const Entry& entry) = 0;
  virtual void write(std::string_view bytes) = 0;
  virtual void end() = 0;
};

}  // namespace kasane::builder
