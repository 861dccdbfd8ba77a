#include "base/archive/zip_directory.h"

#include <algorithm>
#include <numeric>
#include <optional>

#include <fmt/format.h>

#include "base/archive/entry_path.h"
#include "base/archive/zip_fields.h"
#include "base/error.h"
#include "base/utf8.h"

namespace kasane {
namespace {

constexpr std::uint64_t kDirectoryLimit = std::uint64_t{256} << 20;
constexpr std::uint64_t kEndSize = 22;
constexpr std::uint64_t kCommentLimit = 0xFFFF;
constexpr std::uint64_t kLocatorSize = 20;
constexpr std::uint64_t kZip64EndSize = 56;
constexpr std::uint64_t kCentralSize = 46;
constexpr std::uint64_t kLocalSize = 30;

constexpr std::uint32_t kLocatorSignature = 0x07064B50;
constexpr std::uint32_t kZip64EndSignature = 0x06064B50;
constexpr std::uint32_t kCentralSignature = 0x02014B50;
constexpr std::uint32_t kLocalSignature = 0x04034B50;
constexpr std::uint32_t kDescriptorSignature = 0x08074B50;

constexpr std::uint16_t kFlagEncrypted = 1 << 0;
constexpr std::uint16_t kFlagDescriptor = 1 << 3;
constexpr std::uint16_t kFlagPatched = 1 << 5;
constexpr std::uint16_t kFlagStrongEncryption = 1 << 6;
constexpr std::uint16_t kFlagMasked = 1 << 13;

[[noreturn]] void damaged(std::string what) {
  throw Error(ErrorKind::kIntegrity, "damaged zip archive: " + std::move(what));
}

[[noreturn]] void refuse(std::string what) {
  throw Error(ErrorKind::kRefused, "ambiguous zip archive: " + std::move(what));
}

std::string read_range(const ReadableFile& file, std::uint64_t offset, std::uint64_t size) {
  std::string bytes(size, '\0');
  if (file.read_at(offset, std::span(bytes)) != size) damaged("the file ends too early");
  return bytes;
}

/// Where the central directory is, and how many entries it has.
struct DirectoryPlace {
  std::uint64_t offset = 0;
  std::uint64_t size = 0;
  std::uint64_t count = 0;
};

/// The offset of the end record: the one whose comment reaches to the end of the file.
std::uint64_t find_end_record(const ReadableFile& file) {
  const std::uint64_t size = file.size();
  if (size < kEndSize) damaged(fmt::format("{} bytes are too few for one", size));
  const std::uint64_t tail_size = std::min(size, kEndSize + kCommentLimit);
  const std::string tail = read_range(file, size - tail_size, tail_size);
  const std::string_view signature("PK\x05\x06", 4);
  std::size_t at = tail.rfind(signature, tail.size() - kEndSize);
  if (at == std::string::npos) damaged("no end of central directory found");
  const std::uint64_t comment = ZipFields(std::string_view(tail).substr(at + 20)).u16();
  if (at + kEndSize + comment > tail.size()) damaged("its comment ends too early");
  if (at + kEndSize + comment < tail.size()) refuse("bytes after its end");
  if (tail.find(signature, at + 1) != std::string::npos) refuse("a second end of the directory");
  return size - tail_size + at;
}

/// The zip64 end record that the locator before `end` points to, as a place; nothing without one.
std::optional<std::pair<DirectoryPlace, std::uint64_t>> find_zip64_end(const ReadableFile& file,
                                                                       std::uint64_t end) {
  if (end < kLocatorSize) return std::nullopt;
  const std::string locator_bytes = read_range(file, end - kLocatorSize, kLocatorSize);
  ZipFields locator(locator_bytes);
  if (locator.u32() != kLocatorSignature) return std::nullopt;
  const std::uint32_t disk = locator.u32();
  const std::uint64_t offset = locator.u64();
  const std::uint32_t disks = locator.u32();
  if (disk != 0 || disks > 1) refuse("it spans several disks");
  if (end < kLocatorSize + kZip64EndSize || offset != end - kLocatorSize - kZip64EndSize) {
    refuse("its zip64 end is not where the locator says");
  }
  const std::string end_bytes = read_range(file, offset, kZip64EndSize);
  ZipFields record(end_bytes);
  if (record.u32() != kZip64EndSignature) damaged("no zip64 end where its locator points");
  if (record.u64() != kZip64EndSize - 12) refuse("its zip64 end has a size of its own");
  record.skip(4);
  if (record.u32() != 0 || record.u32() != 0) refuse("it spans several disks");
  DirectoryPlace place;
  const std::uint64_t count_on_disk = record.u64();
  place.count = record.u64();
  place.size = record.u64();
  place.offset = record.u64();
  if (count_on_disk != place.count) refuse("it spans several disks");
  return std::pair(place, offset);
}

DirectoryPlace read_place(const ReadableFile& file) {
  const std::uint64_t end = find_end_record(file);
  const std::string bytes = read_range(file, end, kEndSize);
  ZipFields record(bytes);
  record.skip(4);
  const std::uint16_t disk = record.u16();
  const std::uint16_t directory_disk = record.u16();
  const std::uint16_t count_on_disk = record.u16();
  const std::uint16_t count = record.u16();
  const std::uint32_t size = record.u32();
  const std::uint32_t offset = record.u32();
  const auto is_zero_or_saturated = [](std::uint16_t n) { return n == 0 || n == 0xFFFF; };
  if (!is_zero_or_saturated(disk) || !is_zero_or_saturated(directory_disk) ||
      count_on_disk != count) {
    refuse("it spans several disks");
  }

  DirectoryPlace place{offset, size, count};
  std::uint64_t directory_end = end;
  if (const auto zip64 = find_zip64_end(file, end)) {
    const auto disagree = [](std::uint64_t narrow, std::uint64_t saturated, std::uint64_t wide) {
      return narrow != saturated && narrow != wide;
    };
    if (disagree(count, 0xFFFF, zip64->first.count) ||
        disagree(size, 0xFFFFFFFF, zip64->first.size) ||
        disagree(offset, 0xFFFFFFFF, zip64->first.offset)) {
      refuse("its two ends disagree");
    }
    place = zip64->first;
    directory_end = zip64->second;
  }
  if (place.size > kDirectoryLimit) {
    throw Error(ErrorKind::kRefused, fmt::format("zip directory of {} bytes is larger than {}",
                                                 place.size, kDirectoryLimit));
  }
  if (place.size > directory_end || place.offset > directory_end - place.size) {
    damaged("its directory reaches past the end");
  }
  if (place.offset + place.size != directory_end) refuse("bytes before it or after its directory");
  return place;
}

/// A central header, with what only the check against the local one needs.
struct CentralHeader {
  ZipEntry entry;
  std::uint16_t flags = 0;
  std::uint64_t header_offset = 0;
};

std::uint32_t unix_mode_of(std::uint8_t made_on, std::uint32_t attributes) {
  constexpr std::uint8_t kUnix = 3;
  constexpr std::uint8_t kMac = 19;
  return made_on == kUnix || made_on == kMac ? attributes >> 16 : 0;
}

void check_flags(std::uint16_t flags, const std::string& shown) {
  if ((flags & (kFlagEncrypted | kFlagStrongEncryption | kFlagMasked)) != 0) {
    throw Error(ErrorKind::kRefused, fmt::format("zip entry `{}` is encrypted", shown));
  }
  if ((flags & kFlagPatched) != 0) {
    throw Error(ErrorKind::kRefused, fmt::format("zip entry `{}` is patch data", shown));
  }
}

CentralHeader read_central_header(ZipFields& fields) {
  if (fields.u32() != kCentralSignature) damaged("no header where its directory should have one");
  CentralHeader header;
  ZipEntry& entry = header.entry;
  fields.skip(1);
  const std::uint8_t made_on = fields.u8();
  fields.skip(2);
  header.flags = fields.u16();
  entry.method = static_cast<ZipEntry::Method>(fields.u16());
  const std::uint16_t time = fields.u16();
  const std::uint16_t date = fields.u16();
  entry.crc32 = fields.u32();
  entry.compressed_size_bytes = fields.u32();
  entry.size_bytes = fields.u32();
  const std::uint16_t name_size = fields.u16();
  const std::uint16_t extra_size = fields.u16();
  const std::uint16_t comment_size = fields.u16();
  const std::uint16_t disk = fields.u16();
  fields.skip(2);
  entry.unix_mode = unix_mode_of(made_on, fields.u32());
  header.header_offset = fields.u32();
  entry.name = fields.bytes(name_size);
  const std::string_view extra_bytes = fields.bytes(extra_size);
  fields.skip(comment_size);

  const std::string shown = printable_name(entry.name);
  if (entry.name.empty()) refuse("an entry without a name");
  if (entry.name.find('\0') != std::string::npos) refuse(fmt::format("NUL in name `{}`", shown));
  if (!is_utf8(entry.name)) refuse(fmt::format("name `{}` is not UTF-8", shown));
  if (disk != 0 && disk != 0xFFFF) refuse("it spans several disks");
  check_flags(header.flags, shown);
  const ZipExtra extra = ZipExtra::read(
      extra_bytes, shown, {&entry.size_bytes, &entry.compressed_size_bytes, &header.header_offset});
  if (extra.unicode_name && *extra.unicode_name != entry.name) {
    refuse(fmt::format("entry `{}` has a second name `{}`", shown,
                       printable_name(*extra.unicode_name)));
  }
  entry.modified = extra.modified.value_or(seconds_of_dos_time(date, time));
  if (entry.method == ZipEntry::Method::kStored &&
      entry.size_bytes != entry.compressed_size_bytes) {
    damaged(fmt::format("stored entry `{}` has two sizes: {} and {}", shown, entry.size_bytes,
                        entry.compressed_size_bytes));
  }
  if (entry.is_directory() && entry.size_bytes != 0) {
    refuse(fmt::format("directory `{}` has content", shown));
  }
  return header;
}

std::vector<CentralHeader> read_central_headers(const ReadableFile& file,
                                                const DirectoryPlace& place) {
  const std::string bytes = read_range(file, place.offset, place.size);
  if (place.count > place.size / kCentralSize) damaged("its directory has room for fewer entries");
  std::vector<CentralHeader> headers;
  headers.reserve(place.count);
  ZipFields fields(bytes);
  while (headers.size() < place.count) headers.push_back(read_central_header(fields));
  if (fields.left() != 0) refuse("its directory holds more than it says");
  return headers;
}

/// Checks `value` of a local header; a writer that streamed may have left it for the descriptor.
template <class Number>
void check_agreement(const ZipEntry& entry, std::string_view field, Number local, Number central,
                     bool may_be_zero) {
  if (local == central || (may_be_zero && local == 0)) return;
  refuse(fmt::format("the headers of entry `{}` disagree on its {}: {} and {}",
                     printable_name(entry.name), field, local, central));
}

/// Reads the local header of `header`, checks it against the central one, and sets data_offset.
/// Gives the offset at which the entry's data ends.
std::uint64_t check_local_header(const ReadableFile& file, CentralHeader& header,
                                 std::uint64_t directory_offset) {
  ZipEntry& entry = header.entry;
  const std::string shown = printable_name(entry.name);
  if (header.header_offset > directory_offset ||
      directory_offset - header.header_offset < kLocalSize) {
    damaged(fmt::format("entry `{}` reaches into the directory", shown));
  }
  const std::uint64_t expected_size = kLocalSize + entry.name.size() + 64;
  const std::uint64_t available = directory_offset - header.header_offset;
  std::string bytes =
      read_range(file, header.header_offset, std::min<std::uint64_t>(expected_size, available));
  ZipFields sizes(std::string_view(bytes).substr(26));
  const std::uint16_t name_size = sizes.u16();
  const std::uint16_t extra_size = sizes.u16();
  const std::uint64_t whole = kLocalSize + name_size + extra_size;
  if (whole > available) damaged(fmt::format("entry `{}` reaches into the directory", shown));
  if (whole > bytes.size()) bytes = read_range(file, header.header_offset, whole);

  ZipFields fields(std::string_view(bytes).substr(0, whole));
  if (fields.u32() != kLocalSignature) damaged(fmt::format("entry `{}` has no header", shown));
  fields.skip(2);
  const std::uint16_t flags = fields.u16();
  const std::uint16_t method = fields.u16();
  fields.skip(4);
  const std::uint32_t crc = fields.u32();
  std::uint64_t compressed_size = fields.u32();
  std::uint64_t size = fields.u32();
  fields.skip(4);
  const std::string_view name = fields.bytes(name_size);
  ZipExtra::read(fields.bytes(extra_size), shown, {&size, &compressed_size});

  if (name != entry.name) {
    refuse(fmt::format("entry `{}` is called `{}` in its own header", shown, printable_name(name)));
  }
  constexpr std::uint16_t kFlagsThatMatter = kFlagEncrypted | kFlagDescriptor;
  check_agreement<int>(entry, "flags", flags & kFlagsThatMatter, header.flags & kFlagsThatMatter,
                       false);
  const bool streamed = (flags & kFlagDescriptor) != 0;
  check_agreement<int>(entry, "method", method, static_cast<int>(entry.method), false);
  check_agreement(entry, "CRC", crc, entry.crc32, streamed);
  check_agreement(entry, "compressed size", compressed_size, entry.compressed_size_bytes, streamed);
  check_agreement(entry, "size", size, entry.size_bytes, streamed);
  entry.data_offset = header.header_offset + whole;
  if (entry.compressed_size_bytes > directory_offset - entry.data_offset) {
    damaged(fmt::format("entry `{}` reaches into the directory", shown));
  }
  return entry.data_offset + entry.compressed_size_bytes;
}

/// Whether the bytes after an entry's data are its data descriptor, in one of the four forms.
bool is_descriptor(std::string_view bytes, const ZipEntry& entry) {
  const bool signed_form = bytes.size() == 16 || bytes.size() == 24;
  const bool wide = bytes.size() == 20 || bytes.size() == 24;
  if (!signed_form && bytes.size() != 12 && !wide) return false;
  ZipFields fields(bytes);
  if (signed_form && fields.u32() != kDescriptorSignature) return false;
  if (fields.u32() != entry.crc32) return false;
  const std::uint64_t compressed_size = wide ? fields.u64() : fields.u32();
  const std::uint64_t size = wide ? fields.u64() : fields.u32();
  return compressed_size == entry.compressed_size_bytes && size == entry.size_bytes;
}

/// Checks what lies between the end of an entry's data and the next header.
void check_gap(const ReadableFile& file, const CentralHeader& header, std::uint64_t begin,
               std::uint64_t end) {
  const std::string shown = printable_name(header.entry.name);
  if (end < begin) refuse(fmt::format("entry `{}` overlaps the next one", shown));
  const bool streamed = (header.flags & kFlagDescriptor) != 0;
  if (!streamed && begin == end) return;
  if (!streamed || end - begin > 24 ||
      !is_descriptor(read_range(file, begin, end - begin), header.entry)) {
    refuse(fmt::format("{} bytes after entry `{}` that belong to nothing", end - begin, shown));
  }
}

}  // namespace

std::vector<ZipEntry> read_zip_directory(const ReadableFile& file) {
  const DirectoryPlace place = read_place(file);
  std::vector<CentralHeader> headers = read_central_headers(file, place);
  std::vector<std::size_t> order(headers.size());
  std::iota(order.begin(), order.end(), 0);
  std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
    return headers[a].header_offset < headers[b].header_offset;
  });
  const std::uint64_t first = order.empty() ? place.offset : headers[order[0]].header_offset;
  if (first != 0) refuse(fmt::format("{} bytes before its first entry", first));
  for (std::size_t i = 0; i < order.size(); ++i) {
    CentralHeader& header = headers[order[i]];
    const std::uint64_t data_end = check_local_header(file, header, place.offset);
    const std::uint64_t next =
        i + 1 < order.size() ? headers[order[i + 1]].header_offset : place.offset;
    check_gap(file, header, data_end, next);
  }
  std::vector<ZipEntry> entries;
  entries.reserve(headers.size());
  for (CentralHeader& header : headers) entries.push_back(std::move(header.entry));
  return entries;
}

std::optional<ZipEntry> find_zip_entry(const ReadableFile& file,
                                       const std::function<bool(std::string_view)>& wanted) {
  const DirectoryPlace place = read_place(file);
  std::optional<ZipEntry> found;
  for (CentralHeader& header : read_central_headers(file, place)) {
    if (!wanted(header.entry.name)) continue;
    if (found) {
      refuse(fmt::format("two entries where one was expected: `{}` and `{}`",
                         printable_name(found->name), printable_name(header.entry.name)));
    }
    check_local_header(file, header, place.offset);
    found = std::move(header.entry);
  }
  return found;
}

}  // namespace kasane
