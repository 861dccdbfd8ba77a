#include "registry/archive_writer.h"

#include <array>
#include <cstring>
#include <set>
#include <string_view>

#include <fmt/format.h>

#include "base/archive/tar_header.h"
#include "base/error.h"

namespace kasane::registry {
namespace {

constexpr std::uint64_t kLargestOctal = (std::uint64_t{1} << 33) - 1;

using Block = std::array<char, kTarBlockSize>;

void put(Block& block, std::size_t offset, std::string_view bytes) {
  std::memcpy(block.data() + offset, bytes.data(), bytes.size());
}

void put_size(Block& block, std::uint64_t size) {
  if (size <= kLargestOctal) {
    put(block, 124, fmt::format("{:011o}", size));
    return;
  }
  // GNU's base-256, for files of 8 GiB and more.
  block[124] = static_cast<char>(0x80);
  for (std::size_t i = 0; i < 8; ++i) {
    block[135 - i] = static_cast<char>(size >> (8 * i));
  }
}

Block make_header(std::string_view name, char type, std::uint32_t mode, std::uint64_t size) {
  if (name.size() > 100) {
    throw Error(ErrorKind::kFailed, fmt::format("the name `{}` is too long for an archive", name));
  }
  Block block{};
  put(block, 0, name);
  put(block, 100, fmt::format("{:07o}", mode));
  put(block, 108, "0000000");
  put(block, 116, "0000000");
  put_size(block, size);
  put(block, 136, "00000000000");
  put(block, 148, "        ");
  block[156] = type;
  put(block, 257, std::string_view("ustar\00000", 8));
  put(block, 329, "0000000");
  put(block, 337, "0000000");
  unsigned sum = 0;
  for (const char c : block) sum += static_cast<unsigned char>(c);
  put(block, 148, fmt::format("{:06o}", sum));
  block[154] = '\0';
  return block;
}

void write_block(ByteSink& sink, const Block& block) {
  sink.write(std::string_view(block.data(), block.size()));
}

void write_parents(std::string_view name, std::set<std::string>& done, ByteSink& sink) {
  for (std::size_t slash = name.find('/'); slash != std::string_view::npos;
       slash = name.find('/', slash + 1)) {
    const std::string parent(name.substr(0, slash + 1));
    if (done.insert(parent).second) write_block(sink, make_header(parent, '5', 0755, 0));
  }
}

class OwnedText final : public ByteSource {
 public:
  explicit OwnedText(std::string text) : text_(std::move(text)), source_(text_) {}
  std::size_t read(std::span<char> buffer) override { return source_.read(buffer); }

 private:
  std::string text_;
  StringSource source_;
};

}  // namespace

void write_archive(const std::map<std::string, ArchiveMember>& members, ByteSink& sink) {
  const Block zeros{};
  std::set<std::string> parents;
  for (const auto& [name, member] : members) {
    write_parents(name, parents, sink);
    write_block(sink, make_header(name, '0', 0644, member.size_bytes));
    const auto source = member.open();
    const std::uint64_t written = copy(*source, sink);
    if (written != member.size_bytes) {
      throw Error(ErrorKind::kIntegrity,
                  fmt::format("`{}` has {} bytes, expected {}", name, written, member.size_bytes));
    }
    sink.write(std::string_view(zeros.data(), tar_padding(written)));
    if (member.written) member.written();
  }
  write_block(sink, zeros);
  write_block(sink, zeros);
}

ArchiveMember text_member(std::string text) {
  const std::uint64_t size = text.size();
  return {size, [text = std::move(text)] { return std::make_unique<OwnedText>(text); }, {}};
}

}  // namespace kasane::registry
