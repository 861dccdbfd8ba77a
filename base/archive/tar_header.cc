#include "base/archive/tar_header.h"

#include <limits>
#include <optional>

#include <fmt/format.h>

#include "base/archive/entry_path.h"
#include "base/error.h"

namespace kasane {
namespace {

std::string_view until_nul(std::string_view field) { return field.substr(0, field.find('\0')); }

/// GNU's base-256: the first bit is set, the rest is a big-endian number in two's complement.
std::optional<std::int64_t> find_base256(std::string_view field) {
  const auto first = static_cast<unsigned char>(field[0]);
  std::uint64_t value = (first & 0x40) != 0 ? ~std::uint64_t{0} : 0;
  const bool negative = value != 0;
  value = (value << 6) | (first & 0x3f);
  for (const char c : field.substr(1)) {
    const std::uint64_t top = value >> 55;
    if (top != 0 && top != (std::uint64_t{1} << 9) - 1) return std::nullopt;
    value = (value << 8) | static_cast<unsigned char>(c);
  }
  const auto number = static_cast<std::int64_t>(value);
  if ((number < 0) != negative) return std::nullopt;
  return number;
}

std::optional<std::int64_t> find_octal(std::string_view field) {
  field = until_nul(field);
  while (field.starts_with(' ')) field.remove_prefix(1);
  while (field.ends_with(' ')) field.remove_suffix(1);
  std::int64_t value = 0;
  for (const char c : field) {
    if (c < '0' || c > '7' || value > (std::numeric_limits<std::int64_t>::max() >> 3)) {
      return std::nullopt;
    }
    value = (value << 3) | (c - '0');
  }
  return value;
}

}  // namespace

std::int64_t TarHeader::number(std::string_view name, std::size_t begin, std::size_t size) const {
  const std::string_view field = block_.substr(begin, size);
  const bool binary = (static_cast<unsigned char>(field[0]) & 0x80) != 0;
  const auto value = binary ? find_base256(field) : find_octal(field);
  if (!value) {
    throw Error(ErrorKind::kIntegrity,
                fmt::format("damaged tar archive: `{}` of the header at byte {} is not a number: "
                            "`{}`",
                            name, offset_, printable_name(field)));
  }
  return *value;
}

std::uint64_t TarHeader::natural(std::string_view name, std::size_t begin, std::size_t size) const {
  const std::int64_t value = number(name, begin, size);
  if (value < 0) {
    throw Error(ErrorKind::kIntegrity,
                fmt::format("damaged tar archive: `{}` of the header at byte {} is negative: {}",
                            name, offset_, value));
  }
  return static_cast<std::uint64_t>(value);
}

void TarHeader::check_sum() const {
  // Old implementations summed signed characters; either sum is good.
  std::int64_t plain = 0;
  std::int64_t with_sign = 0;
  for (std::size_t i = 0; i < kTarBlockSize; ++i) {
    const char c = i >= 148 && i < 156 ? ' ' : block_[i];
    plain += static_cast<unsigned char>(c);
    with_sign += static_cast<signed char>(c);
  }
  const std::int64_t stated = number("checksum", 148, 8);
  if (stated != plain && stated != with_sign) {
    throw Error(ErrorKind::kIntegrity,
                fmt::format("damaged tar archive: the header at byte {} has checksum {}, its bytes "
                            "give {}",
                            offset_, stated, plain));
  }
}

std::string TarHeader::path() const {
  const std::string_view name = until_nul(block_.substr(0, 100));
  // GNU's own format has other fields where POSIX has the prefix.
  const bool posix = block_.substr(257, 6) == std::string_view("ustar\0", 6);
  if (!posix) return std::string(name);
  const bool star = block_.substr(508, 4) == std::string_view("tar\0", 4);
  const std::string_view prefix = until_nul(block_.substr(345, star ? 131 : 155));
  return prefix.empty() ? std::string(name) : fmt::format("{}/{}", prefix, name);
}

std::string TarHeader::link_target() const {
  return std::string(until_nul(block_.substr(157, 100)));
}

std::uint32_t TarHeader::mode() const {
  return static_cast<std::uint32_t>(natural("mode", 100, 8) & 07777777);
}

std::uint64_t TarHeader::user_id() const { return natural("uid", 108, 8); }
std::uint64_t TarHeader::group_id() const { return natural("gid", 116, 8); }
std::uint64_t TarHeader::size() const { return natural("size", 124, 12); }
std::int64_t TarHeader::mtime() const { return number("mtime", 136, 12); }

std::uint32_t TarHeader::device_major() const {
  return static_cast<std::uint32_t>(natural("devmajor", 329, 8));
}

std::uint32_t TarHeader::device_minor() const {
  return static_cast<std::uint32_t>(natural("devminor", 337, 8));
}

}  // namespace kasane
