#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/stream.h"

namespace kasane::resolver {

/// A piece of a repodata.json: some members of one of its top-level objects, again as an object.
struct RepodataBlock {
  /// `info`, `packages`, `packages.conda`.
  std::string section;
  std::string json;
};

/// Cuts a repodata.json into pieces that can be parsed one by one, as it streams by: memory holds a
/// piece at a time, however large the file is. It looks at quotes and braces only, 64 bytes at a
/// time; whether the pieces are sound JSON is for the parser to say. Other top-level members are
/// passed over. Not thread-safe.
class RepodataSplitter {
 public:
  /// Borrows the source. A piece ends at the first member's end after `block_size` bytes.
  explicit RepodataSplitter(ByteSource& source, std::size_t block_size = std::size_t{1} << 20);

  /// Nothing at the end. Text that is no JSON object, or ends early, is an Error of kind kFailed.
  std::optional<RepodataBlock> next();
  std::uint64_t bytes_read() const { return bytes_read_; }

 private:
  bool fill();
  std::size_t find_start();
  std::uint64_t find_braces();
  bool take_brace(std::size_t at, RepodataBlock& block);
  std::string section_before(std::size_t brace) const;
  bool emit(std::size_t end, RepodataBlock& block);
  void forget_before(std::size_t at);

  ByteSource& source_;
  std::size_t block_size_;
  std::string buffer_;
  std::uint64_t bytes_read_ = 0;
  /// How far the buffer has been looked at; whole chunks but at the end of the source.
  std::size_t scanned_ = 0;
  /// Braces in the last chunk looked at that were not taken yet.
  std::uint64_t pending_ = 0;
  std::size_t pending_base_ = 0;
  /// Where the members begin that no piece holds yet.
  std::size_t begin_ = 0;
  std::size_t depth_ = 0;
  bool started_ = false;
  bool ended_ = false;
  bool at_end_ = false;
  bool wanted_ = false;
  std::uint64_t in_string_ = 0;
  bool escaped_ = false;
  std::string section_;
};

}  // namespace kasane::resolver
