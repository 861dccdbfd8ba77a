#include "base/archive/zip_fields.h"

#include <algorithm>
#include <chrono>

#include <fmt/format.h>

#include "base/error.h"

namespace kasane {

std::string_view ZipFields::bytes(std::size_t size) {
  if (size > rest_.size()) {
    throw Error(ErrorKind::kIntegrity, "damaged zip archive: a record ends too early");
  }
  const std::string_view taken = rest_.substr(0, size);
  rest_.remove_prefix(size);
  return taken;
}

std::uint64_t ZipFields::number(std::size_t size) {
  const std::string_view taken = bytes(size);
  std::uint64_t value = 0;
  for (std::size_t i = size; i-- > 0;) {
    value = value << 8 | static_cast<unsigned char>(taken[i]);
  }
  return value;
}

ZipExtra ZipExtra::read(std::string_view bytes, std::string_view entry,
                        std::initializer_list<std::uint64_t*> wide) {
  constexpr std::uint16_t kZip64 = 0x0001;
  constexpr std::uint16_t kTimestamp = 0x5455;
  constexpr std::uint16_t kUnicodePath = 0x7075;
  ZipExtra extra;
  bool zip64_seen = false;
  ZipFields fields(bytes);
  // Some writers pad the extra fields with up to three zero bytes.
  while (fields.left() >= 4) {
    const std::uint16_t id = fields.u16();
    const std::uint16_t size = fields.u16();
    ZipFields field(fields.bytes(size));
    if (id == kZip64) {
      if (zip64_seen) {
        throw Error(ErrorKind::kRefused,
                    fmt::format("ambiguous zip archive: entry `{}` has two zip64 fields", entry));
      }
      zip64_seen = true;
      for (std::uint64_t* value : wide) {
        if (*value == 0xFFFFFFFF) *value = field.u64();
      }
    } else if (id == kTimestamp && size >= 5) {
      if ((field.u8() & 1) != 0) extra.modified = static_cast<std::int32_t>(field.u32());
    } else if (id == kUnicodePath && size >= 5) {
      field.skip(5);
      extra.unicode_name = std::string(field.bytes(field.left()));
    }
  }
  return extra;
}

std::int64_t seconds_of_dos_time(std::uint16_t date, std::uint16_t time) {
  using namespace std::chrono;
  const year_month_day day{year{1980 + (date >> 9)},
                           month{std::clamp<unsigned>(date >> 5 & 15, 1, 12)},
                           std::chrono::day{std::clamp<unsigned>(date & 31, 1, 31)}};
  const auto midnight = sys_days{day};
  return duration_cast<seconds>(midnight.time_since_epoch()).count() + (time >> 11) * 3600 +
         (time >> 5 & 63) * 60 + (time & 31) * 2;
}

}  // namespace kasane
