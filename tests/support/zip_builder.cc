#include "tests/support/zip_builder.h"

#include <stdexcept>

#include <libdeflate.h>

namespace kasane::testing {
namespace {

std::string number(std::uint64_t value, std::size_t size) {
  std::string out;
  for (std::size_t i = 0; i < size; ++i) out += static_cast<char>(value >> (8 * i));
  return out;
}

std::string extra_field(std::uint16_t id, const std::string& bytes) {
  return number(id, 2) + number(bytes.size(), 2) + bytes;
}

/// What of a member both headers need.
struct Encoded {
  std::string data;
  std::uint32_t crc = 0;
  std::uint64_t size = 0;
  std::uint16_t flags = 0;
  std::uint64_t offset = 0;
};

Encoded encode(const ZipMember& member) {
  Encoded encoded;
  encoded.data = member.compressed    ? *member.compressed
                 : member.method == 8 ? deflate(member.content)
                                      : member.content;
  encoded.crc =
      member.crc.value_or(libdeflate_crc32(0, member.content.data(), member.content.size()));
  encoded.size = member.size.value_or(member.content.size());
  encoded.flags = member.flags | (member.descriptor_size > 0 ? 8 : 0);
  return encoded;
}

std::string local_header(const ZipMember& member, const Encoded& encoded) {
  const std::string name = member.local_name.value_or(member.name);
  const bool streamed = member.descriptor_size > 0;
  std::string extra;
  std::uint64_t size = member.local_size.value_or(streamed ? 0 : encoded.size);
  std::uint64_t compressed =
      member.local_compressed_size.value_or(streamed ? 0 : encoded.data.size());
  if (member.zip64) {
    extra = extra_field(1, number(size, 8) + number(compressed, 8));
    size = compressed = 0xFFFFFFFF;
  }
  return "PK\x03\x04" + number(45, 2) + number(encoded.flags, 2) +
         number(member.local_method.value_or(member.method), 2) + number(member.dos_time, 2) +
         number(member.dos_date, 2) +
         number(member.local_crc.value_or(streamed ? 0 : encoded.crc), 4) + number(compressed, 4) +
         number(size, 4) + number(name.size(), 2) + number(extra.size(), 2) + name + extra;
}

std::string descriptor(const ZipMember& member, const Encoded& encoded) {
  if (member.descriptor_size == 0) return {};
  const std::size_t width = member.descriptor_size >= 20 ? 8 : 4;
  const bool has_signature = member.descriptor_size == 16 || member.descriptor_size == 24;
  return (has_signature ? std::string("PK\x07\x08") : std::string()) + number(encoded.crc, 4) +
         number(encoded.data.size(), width) + number(encoded.size, width);
}

std::string central_header(const ZipMember& member, const Encoded& encoded) {
  std::string extra = member.central_extra;
  std::uint64_t size = encoded.size;
  std::uint64_t compressed = encoded.data.size();
  std::uint64_t offset = encoded.offset;
  if (member.zip64) {
    extra += extra_field(1, number(size, 8) + number(compressed, 8) + number(offset, 8));
    size = compressed = offset = 0xFFFFFFFF;
  }
  return "PK\x01\x02" + number(45, 1) + number(member.made_on, 1) + number(45, 2) +
         number(encoded.flags, 2) + number(member.method, 2) + number(member.dos_time, 2) +
         number(member.dos_date, 2) + number(encoded.crc, 4) + number(compressed, 4) +
         number(size, 4) + number(member.name.size(), 2) + number(extra.size(), 2) + number(0, 2) +
         number(0, 2) + number(0, 2) + number(std::uint64_t{member.mode} << 16, 4) +
         number(offset, 4) + member.name + extra;
}

}  // namespace

std::string deflate(const std::string& content) {
  libdeflate_compressor* compressor = libdeflate_alloc_compressor(6);
  if (compressor == nullptr) throw std::bad_alloc();
  std::string out(libdeflate_deflate_compress_bound(compressor, content.size()), '\0');
  out.resize(libdeflate_deflate_compress(compressor, content.data(), content.size(), out.data(),
                                         out.size()));
  libdeflate_free_compressor(compressor);
  return out;
}

std::string make_zip(const std::vector<ZipMember>& members, const ZipShape& shape) {
  std::string out = shape.prefix;
  std::string directory;
  for (const ZipMember& member : members) {
    Encoded encoded = encode(member);
    encoded.offset = out.size();
    out += local_header(member, encoded) + encoded.data + descriptor(member, encoded) +
           member.junk_after;
    directory += central_header(member, encoded);
  }
  out += shape.before_directory;
  std::uint64_t offset = out.size();
  std::uint64_t size = directory.size();
  std::uint64_t count = members.size();
  out += directory;
  if (shape.zip64_end) {
    const std::uint64_t end = out.size();
    out += "PK\x06\x06" + number(44, 8) + number(45, 2) + number(45, 2) + number(0, 8) +
           number(count, 8) + number(count, 8) + number(size, 8) + number(offset, 8);
    out += "PK\x06\x07" + number(0, 4) + number(end, 8) + number(1, 4);
    size = offset = 0xFFFFFFFF;
    count = 0xFFFF;
  }
  out += "PK\x05\x06" + number(0, 4) + number(count, 2) + number(count, 2) + number(size, 4) +
         number(offset, 4) + number(shape.comment.size(), 2) + shape.comment;
  return out + shape.suffix;
}

}  // namespace kasane::testing
