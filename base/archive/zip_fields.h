#pragma once

#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>

namespace kasane {

/// Takes little-endian fields off the front of a zip record. Running out is an Error of kind
/// kIntegrity.
class ZipFields {
 public:
  explicit ZipFields(std::string_view bytes) : rest_(bytes) {}

  std::uint8_t u8() { return static_cast<std::uint8_t>(number(1)); }
  std::uint16_t u16() { return static_cast<std::uint16_t>(number(2)); }
  std::uint32_t u32() { return static_cast<std::uint32_t>(number(4)); }
  std::uint64_t u64() { return number(8); }
  std::string_view bytes(std::size_t size);
  void skip(std::size_t size) { bytes(size); }
  std::size_t left() const { return rest_.size(); }

 private:
  std::uint64_t number(std::size_t size);

  std::string_view rest_;
};

/// What kasane reads of a header's extra fields (APPNOTE 4.5).
struct ZipExtra {
  /// Extended timestamp, 0x5455.
  std::optional<std::int64_t> modified;
  /// Info-ZIP Unicode Path, 0x7075.
  std::optional<std::string> unicode_name;

  /// Also replaces those of `wide` that hold 0xFFFFFFFF by the values of the zip64 field (0x0001),
  /// which has them in this order. `entry` is for messages.
  static ZipExtra read(std::string_view bytes, std::string_view entry,
                       std::initializer_list<std::uint64_t*> wide);
};

/// Seconds since 1970 of an MS-DOS date and time, taken as UTC.
std::int64_t seconds_of_dos_time(std::uint16_t date, std::uint16_t time);

}  // namespace kasane
