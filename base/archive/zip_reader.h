#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/file_system.h"
#include "base/stream.h"

namespace kasane {

/// One member of a zip archive, as both its headers say.
struct ZipEntry {
  enum class Method : std::uint16_t { kStored = 0, kDeflated = 8 };

  /// As the archive has it, checked only to be UTF-8 without NUL: see normalise_entry_path().
  std::string name;
  /// Values other than those named are listed too; opening such an entry is refused.
  Method method = Method::kStored;
  std::uint64_t compressed_size_bytes = 0;
  std::uint64_t size_bytes = 0;
  std::uint32_t crc32 = 0;
  /// st_mode with its type bits; 0 when the archive was made elsewhere than on Unix.
  std::uint32_t unix_mode = 0;
  /// Seconds since 1970: the extended timestamp where there is one, else the DOS time taken as UTC.
  std::int64_t modified = 0;
  /// Where its bytes begin in the file.
  std::uint64_t data_offset = 0;

  bool is_directory() const { return name.back() == '/'; }
  bool is_symlink() const { return (unix_mode & 0170000) == 0120000; }
};

/// Reads a zip archive (APPNOTE 6.3.10, zip64 included) that can be read in one way only. Damage is
/// an Error of kind kIntegrity. What two readers might read differently is one of kind kRefused:
/// headers that disagree, a name that comes twice, bytes before, between or after the members,
/// encryption. Borrows the file. After open() all calls are const and thread-safe; each source that
/// open_entry() gives belongs to one thread.
class ZipReader {
 public:
  static ZipReader open(const ReadableFile& file);

  /// In the order of the central directory.
  const std::vector<ZipEntry>& entries() const { return entries_; }
  const ZipEntry* find(std::string_view name) const;
  /// The entry's bytes, read from the file as they are asked for. Its last bytes are handed out
  /// only after size and CRC were found right.
  std::unique_ptr<ByteSource> open_entry(const ZipEntry& entry) const;

 private:
  ZipReader(const ReadableFile& file, std::vector<ZipEntry> entries);

  const ReadableFile* file_;
  std::vector<ZipEntry> entries_;
  std::map<std::string, std::size_t, std::less<>> by_name_;
};

/// The bytes of an entry of `file`, which is borrowed: see ZipReader::open_entry().
std::unique_ptr<ByteSource> open_zip_entry(const ReadableFile& file, const ZipEntry& entry);

}  // namespace kasane
