#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace kasane {

/// What a tar header says of one member. Owner is always 0:0, without names.
struct TarMember {
  enum class Type { kFile, kHardlink, kSymlink, kDirectory };

  Type type = Type::kFile;
  /// Relative, without a slash at the end (directories get theirs here).
  std::string path;
  std::uint32_t mode = 0644;
  /// Of a file; 0 for all else.
  std::uint64_t size_bytes = 0;
  /// Seconds since 1970, not negative.
  std::int64_t time = 0;
  /// Of a link.
  std::string target;
};

inline constexpr std::size_t kTarBlock = 512;

/// Appends the header of `member` to `out`: plain ustar (POSIX.1-1988), with a pax header before it
/// only where a field does not fit: a name that cannot be split at 155 and 100 bytes, a link over
/// 100 bytes, a size of 8 GiB and more, bytes that are not ASCII. Equal members give equal bytes.
void append_tar_header(std::string& out, const TarMember& member);

/// How many zero bytes follow `size_bytes` bytes of content.
inline std::size_t tar_padding(std::uint64_t size_bytes) {
  return (kTarBlock - size_bytes % kTarBlock) % kTarBlock;
}

/// The two zero blocks at the end of an archive.
inline constexpr std::size_t kTarTrailer = 2 * kTarBlock;

}  // namespace kasane
