#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/stream.h"

namespace kasane {

/// One member of a tar archive, as its headers describe it. Names are as archived: they may be
/// absolute or climb with `..` (see normalise_entry_path), but hold no NUL and no newline.
struct TarEntry {
  enum class Type {
    kFile,
    kHardlink,
    kSymlink,
    kCharacterDevice,
    kBlockDevice,
    kDirectory,
    kFifo,
  };

  Type type = Type::kFile;
  std::string path;
  /// Of links alone.
  std::string link_target;
  /// Permission, set-id and sticky bits.
  std::uint32_t mode = 0;
  std::uint64_t user_id = 0;
  std::uint64_t group_id = 0;
  /// Payload of a file; 0 for all else.
  std::uint64_t size_bytes = 0;
  /// Whole seconds since 1970, rounded down.
  std::int64_t mtime = 0;
  std::uint32_t device_major = 0;
  std::uint32_t device_minor = 0;
  /// Extended attributes (pax `SCHILY.xattr.*`), by name.
  std::map<std::string, std::string> extended_attributes;
};

/// What a type is called in messages: `symbolic link`.
std::string_view describe(TarEntry::Type type);

/// Whether an archive must end with a block of zeros. Where it need not, one that ends after a
/// whole member, with or without its padding, is complete: for archives known by their digest.
enum class TarEnd { kRequired, kOptional };

/// Reads a tar archive (v7, ustar, pax, GNU long names and base-256 numbers) from a stream, once
/// and in order. Strict: a damaged or truncated archive is an Error of kind kIntegrity that names
/// the entry; sparse files, multi-volume and unknown members are refused. The archive ends with its
/// first block of zeros, without which it counts as truncated; after it only zeros may follow (64
/// MiB at most), and they are read to the end, so that a codec below checks its sums. Memory is
/// bounded: headers of more than 1 MiB and names of more than 4096 bytes are refused. Borrows the
/// stream. As a ByteSource it gives the payload of the entry that next() returned last. Not
/// thread-safe.
class TarReader final : public ByteSource {
 public:
  explicit TarReader(ByteSource& archive, TarEnd end = TarEnd::kRequired);

  /// The next member; what was left of the previous one's payload is skipped. Absent at the end.
  std::optional<TarEntry> next();
  std::size_t read(std::span<char> buffer) override;
  /// The next bytes of the payload in the reader's own memory, valid until the next call; empty at
  /// its end. Cheaper than read(): nothing is copied.
  std::string_view read_piece();

 private:
  /// What extended headers say; overrides the plain header's fields.
  struct Extensions {
    std::optional<std::string> path;
    std::optional<std::string> link_target;
    std::optional<std::uint64_t> size;
    std::optional<std::int64_t> mtime;
    std::optional<std::uint64_t> user_id;
    std::optional<std::uint64_t> group_id;
    std::map<std::string, std::string> extended_attributes;
  };

  bool fill();
  std::optional<std::string_view> read_block();
  std::string read_header_payload(std::uint64_t size, std::string_view what);
  void parse_pax(std::string_view records, Extensions& into) const;
  void apply_pax_record(std::string_view key, std::string_view value, Extensions& into) const;
  TarEntry parse_entry(std::string_view block, char type_flag, const Extensions& local) const;
  void check_names(const TarEntry& entry) const;
  void skip_payload();
  void read_to_end();
  [[noreturn]] void fail_truncated() const;

  ByteSource& archive_;
  TarEnd end_marker_;
  std::vector<char> buffer_;
  std::size_t begin_ = 0;
  std::size_t end_ = 0;
  std::uint64_t offset_ = 0;
  Extensions global_;
  std::string path_;
  std::uint64_t payload_size_ = 0;
  std::uint64_t payload_left_ = 0;
  std::uint64_t padding_ = 0;
  bool at_end_ = false;
};

}  // namespace kasane
