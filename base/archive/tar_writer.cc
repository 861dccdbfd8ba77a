#include "base/archive/tar_writer.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <optional>

#include <fmt/format.h>

namespace kasane {
namespace {

constexpr std::size_t kNameField = 100;
constexpr std::size_t kPrefixField = 155;
constexpr std::uint64_t kLargestOctalSize = 077777777777;

using Block = std::array<char, kTarBlock>;

bool is_ascii(std::string_view text) {
  return std::all_of(text.begin(), text.end(),
                     [](char c) { return static_cast<unsigned char>(c) < 0x80; });
}

/// Where a long name is split between the prefix and the name field; nothing when it cannot be.
std::optional<std::size_t> find_split(std::string_view name) {
  if (name.size() > kPrefixField + 1 + kNameField) return std::nullopt;
  const std::size_t slash = name.find('/', name.size() - kNameField - 1);
  if (slash == std::string_view::npos || slash == 0 || slash > kPrefixField) return std::nullopt;
  if (slash + 1 == name.size()) return std::nullopt;
  return slash;
}

void put_text(Block& block, std::size_t offset, std::string_view text) {
  std::memcpy(block.data() + offset, text.data(), text.size());
}

void put_octal(Block& block, std::size_t offset, std::size_t width, std::uint64_t value) {
  for (std::size_t i = width - 1; i-- > 0; value >>= 3) {
    block[offset + i] = static_cast<char>('0' + (value & 7));
  }
}

void put_checksum(Block& block) {
  std::memset(block.data() + 148, ' ', 8);
  unsigned sum = 0;
  for (const char c : block) sum += static_cast<unsigned char>(c);
  put_octal(block, 148, 7, sum);
  block[154] = '\0';
}

/// One `<length> key=value\n` record; the length counts itself (POSIX.1-2001, pax).
std::string pax_record(std::string_view key, std::string_view value) {
  const std::size_t bare = key.size() + value.size() + 3;
  std::size_t length = bare + 1;
  while (bare + fmt::formatted_size("{}", length) != length) ++length;
  return fmt::format("{} {}={}\n", length, key, value);
}

struct HeaderFields {
  char type = '0';
  std::string_view name;
  std::string_view prefix;
  std::string_view link;
  std::uint32_t mode = 0;
  std::uint64_t size_bytes = 0;
  std::int64_t time = 0;
};

void append_block(std::string& out, const HeaderFields& fields) {
  Block block{};
  put_text(block, 0, fields.name);
  put_octal(block, 100, 8, fields.mode & 07777);
  put_octal(block, 108, 8, 0);
  put_octal(block, 116, 8, 0);
  put_octal(block, 124, 12, fields.size_bytes);
  put_octal(block, 136, 12, static_cast<std::uint64_t>(fields.time));
  block[156] = fields.type;
  put_text(block, 157, fields.link);
  put_text(block, 257, std::string_view("ustar\00000", 8));
  put_octal(block, 329, 8, 0);
  put_octal(block, 337, 8, 0);
  put_text(block, 345, fields.prefix);
  put_checksum(block);
  out.append(block.data(), block.size());
}

char type_flag(TarMember::Type type) {
  switch (type) {
    case TarMember::Type::kHardlink:
      return '1';
    case TarMember::Type::kSymlink:
      return '2';
    case TarMember::Type::kDirectory:
      return '5';
    case TarMember::Type::kFile:
      break;
  }
  return '0';
}

}  // namespace

void append_tar_header(std::string& out, const TarMember& member) {
  const std::string name =
      member.type == TarMember::Type::kDirectory ? member.path + "/" : member.path;
  HeaderFields fields{type_flag(member.type), name,       {}, member.target, member.mode,
                      member.size_bytes,      member.time};
  std::string extended;
  if (name.size() > kNameField || !is_ascii(name)) {
    const auto slash = is_ascii(name) ? find_split(name) : std::nullopt;
    if (slash) {
      fields.prefix = std::string_view(name).substr(0, *slash);
      fields.name = std::string_view(name).substr(*slash + 1);
    } else {
      extended += pax_record("path", name);
      fields.name = std::string_view(name).substr(0, kNameField);
    }
  }
  if (member.target.size() > kNameField || !is_ascii(member.target)) {
    extended += pax_record("linkpath", member.target);
    fields.link = fields.link.substr(0, kNameField);
  }
  if (member.size_bytes > kLargestOctalSize) {
    extended += pax_record("size", fmt::format("{}", member.size_bytes));
    fields.size_bytes = 0;
  }
  if (!extended.empty()) {
    append_block(out, {'x', "pax", {}, {}, 0644, extended.size(), 0});
    out += extended;
    out.append(tar_padding(extended.size()), '\0');
  }
  append_block(out, fields);
}

}  // namespace kasane
