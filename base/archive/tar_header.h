#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace kasane {

inline constexpr std::size_t kTarBlockSize = 512;

/// How many bytes of padding follow a payload of `size` bytes.
constexpr std::uint64_t tar_padding(std::uint64_t size) {
  return (kTarBlockSize - size % kTarBlockSize) % kTarBlockSize;
}

/// The fields of one header block of a tar archive (POSIX ustar, GNU or v7), read where they are
/// asked for. A field that is not what it should be is an Error of kind kIntegrity that names it
/// and the block's place. Borrows the block.
class TarHeader {
 public:
  /// `offset` is where in the archive the block begins.
  TarHeader(std::string_view block, std::uint64_t offset) : block_(block), offset_(offset) {}

  void check_sum() const;
  char type_flag() const { return block_[156]; }
  std::string path() const;
  std::string link_target() const;
  std::uint32_t mode() const;
  std::uint64_t user_id() const;
  std::uint64_t group_id() const;
  std::uint64_t size() const;
  std::int64_t mtime() const;
  std::uint32_t device_major() const;
  std::uint32_t device_minor() const;

 private:
  std::int64_t number(std::string_view name, std::size_t begin, std::size_t size) const;
  std::uint64_t natural(std::string_view name, std::size_t begin, std::size_t size) const;

  std::string_view block_;
  std::uint64_t offset_;
};

}  // namespace kasane
