#include "tests/support/tar_builder.h"

#include <cstring>

#include <fmt/format.h>

namespace kasane::test {
namespace {

void put(std::string& block, std::size_t offset, std::string_view text) {
  block.replace(offset, text.size(), text);
}

}  // namespace

TarBuilder& TarBuilder::add(const TarMember& member) {
  std::string block(512, '\0');
  put(block, 0, std::string_view(member.path).substr(0, 100));
  put(block, 100, fmt::format("{:07o}", member.mode));
  put(block, 108, "0000000");
  put(block, 116, "0000000");
  put(block, 124, fmt::format("{:011o}", member.content.size()));
  put(block, 136, fmt::format("{:011o}", member.mtime));
  block[156] = member.type;
  put(block, 157, std::string_view(member.link_target).substr(0, 100));
  put(block, 257, std::string_view("ustar\00000", 8));
  header_ = bytes_.size();
  bytes_ += block;
  mend_checksum();
  bytes_ += member.content;
  bytes_.append((512 - member.content.size() % 512) % 512, '\0');
  return *this;
}

TarBuilder& TarBuilder::add_pax(const std::vector<std::pair<std::string, std::string>>& records,
                                char type) {
  std::string content;
  for (const auto& [key, value] : records) {
    const std::size_t rest = key.size() + value.size() + 3;
    std::size_t length = rest + 1;
    while (length != rest + std::to_string(length).size()) ++length;
    content += fmt::format("{} {}={}\n", length, key, value);
  }
  return add({.path = "pax", .content = content, .type = type});
}

TarBuilder& TarBuilder::add_gnu_long(char type, std::string_view name) {
  return add({.path = "././@LongLink", .content = std::string(name) + '\0', .type = type});
}

TarBuilder& TarBuilder::add_raw(std::string_view bytes) {
  bytes_ += bytes;
  return *this;
}

void TarBuilder::mend_checksum() {
  char* header = last_header();
  std::memset(header + 148, ' ', 8);
  unsigned sum = 0;
  for (int i = 0; i < 512; ++i) sum += static_cast<unsigned char>(header[i]);
  const std::string text = fmt::format("{:06o}", sum);
  std::memcpy(header + 148, text.c_str(), 7);
}

}  // namespace kasane::test
