#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace kasane::testing {

/// A member of a zip archive to be made, with knobs to make it wrong. What is not set is derived.
struct ZipMember {
  std::string name = {};
  std::string content = {};
  std::uint16_t method = 0;
  std::uint32_t mode = 0100644;
  std::uint8_t made_on = 3;
  std::uint16_t flags = 0;
  std::uint16_t dos_date = (40 << 9) | (1 << 5) | 1;
  std::uint16_t dos_time = 0;
  /// Sets flag 3 and writes sizes and CRC after the data: 12, 16, 20 or 24 bytes of descriptor.
  std::size_t descriptor_size = 0;
  /// Writes sizes and offset as zip64 fields.
  bool zip64 = false;
  std::string central_extra = {};
  std::optional<std::string> local_name = {};
  std::optional<std::uint32_t> local_size = {};
  std::optional<std::uint32_t> local_compressed_size = {};
  std::optional<std::uint32_t> local_crc = {};
  std::optional<std::uint16_t> local_method = {};
  std::optional<std::uint32_t> size = {};
  std::optional<std::uint32_t> crc = {};
  std::optional<std::string> compressed = {};
  std::string junk_after = {};
};

struct ZipShape {
  std::string prefix = {};
  /// Between the last member and the directory.
  std::string before_directory = {};
  std::string comment = {};
  std::string suffix = {};
  bool zip64_end = false;
};

std::string make_zip(const std::vector<ZipMember>& members, const ZipShape& shape = {});
/// `content` as a raw deflate stream.
std::string deflate(const std::string& content);

}  // namespace kasane::testing
