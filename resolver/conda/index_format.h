#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>

/// The bytes of an index file and of tables, shared by those who write and who read them;
/// docs/formats/index.md says what they mean. All numbers are little-endian, and rows are packed
/// without padding that varies.
namespace kasane::resolver::index_format {

static_assert(std::endian::native == std::endian::little, "indexes are read in place");

constexpr std::array<char, 8> kMagic = {'k', 's', 'n', 'i', 'n', 'd', 'e', 'x'};
constexpr std::uint32_t kVersion = 2;
constexpr std::uint32_t kNoId = 0xffffffff;

/// What tells one making of an index from another: the first bytes of a SHA-256.
using Identity = std::array<std::uint8_t, 16>;

struct Footer {
  std::uint64_t json_size;
  std::uint64_t positions_offset;
  std::uint64_t record_count;
  std::uint64_t names_offset;
  std::uint64_t names_size;
  std::uint64_t facts_offset;
  Identity identity;
  std::uint32_t name_count;
  std::uint32_t names_checksum;
  std::uint32_t facts_size;
  std::uint32_t facts_checksum;
  std::uint32_t version;
  /// Of all bytes of the footer before it.
  std::uint32_t checksum;
  std::array<char, 8> magic;
};
static_assert(sizeof(Footer) == 96);

/// One name in the table of names, which is sorted by name. Its text follows the rows.
struct NameRow {
  std::uint32_t first_position;
  std::uint32_t position_count;
  /// Of its positions.
  std::uint32_t positions_checksum;
  std::uint32_t text_offset;
  std::uint32_t text_size;
};
static_assert(sizeof(NameRow) == 20);

/// Where a record stands in the JSON: from the quote of its file name to its closing brace.
struct RecordPosition {
  std::uint64_t offset;
  /// The highest bit: it is of `packages.conda`.
  std::uint32_t size_and_format;
  std::uint32_t checksum;

  std::uint32_t size() const { return size_and_format & 0x7fffffff; }
  bool conda_format() const { return size_and_format >> 31 != 0; }
};
static_assert(sizeof(RecordPosition) == 16);
constexpr std::uint32_t kCondaFormatBit = 0x80000000;

/// The head of one name's table: rows, then list bounds, list items, string bounds, string bytes.
struct TableHead {
  std::uint32_t record_count;
  std::uint32_t list_count;
  std::uint32_t item_count;
  std::uint32_t string_count;
};
static_assert(sizeof(TableHead) == 16);

enum RecordFlags : std::uint32_t {
  kHasMd5 = 1,
  kHasSha256 = 2,
  kIsCondaFormat = 4,
  kNoarchPython = 8,
  kNoarchGeneric = 16,
  kHasCondaTwin = 32,
};

/// Ids are those of strings and lists within the table.
struct RecordRow {
  std::uint64_t build_number;
  std::uint64_t size_bytes;
  std::int64_t timestamp_ms;
  std::uint32_t version;
  std::uint32_t version_key;
  std::uint32_t build;
  std::uint32_t file_name;
  std::uint32_t depends;
  std::uint32_t constrains;
  std::uint32_t track_features;
  std::uint32_t features;
  std::uint32_t license;
  std::uint32_t license_family;
  std::uint32_t site_packages;
  std::uint32_t flags;
  std::array<std::uint8_t, 16> md5;
  std::array<std::uint8_t, 32> sha256;
};
static_assert(sizeof(RecordRow) == 120);

/// CRC-32, as zlib has it.
std::uint32_t checksum(const void* bytes, std::size_t size);

}  // namespace kasane::resolver::index_format
