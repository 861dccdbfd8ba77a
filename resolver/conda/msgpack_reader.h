#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

namespace kasane::resolver {

/// Reads MessagePack values one after another, from bytes that are borrowed. What is no MessagePack
/// or ends early is an Error of kind kIntegrity; nothing is read or allocated beyond the bytes,
/// whatever they say of their sizes. Not thread-safe.
class MsgpackReader {
 public:
  explicit MsgpackReader(std::string_view bytes) : bytes_(bytes) {}

  enum class Kind { kNil, kBool, kInteger, kFloat, kText, kBytes, kArray, kMap, kExtension };
  /// Of the next value.
  Kind peek() const;
  bool at_end() const { return at_ == bytes_.size(); }

  /// How many items, or pairs of a key and a value, follow.
  std::size_t read_array();
  std::size_t read_map();
  /// A text, or bytes.
  std::string_view read_text();
  bool read_bool();
  /// A number; nothing when it is negative or has a fraction.
  std::optional<std::uint64_t> read_count();
  double read_number();
  void skip() { skip_nested(0); }

 private:
  unsigned char byte_at(std::size_t at) const;
  unsigned char take_byte();
  std::uint64_t take_integer(std::size_t size);
  std::string_view take(std::uint64_t size);
  /// The size that `head` announces, of which the first that takes `size` bytes is `first`.
  std::uint64_t take_size(unsigned char head, unsigned char first, std::size_t size);
  std::size_t checked_count(std::uint64_t count, std::size_t least_size) const;
  void skip_nested(int depth);
  [[noreturn]] void fail(std::string_view expected) const;

  std::string_view bytes_;
  std::size_t at_ = 0;
};

}  // namespace kasane::resolver
