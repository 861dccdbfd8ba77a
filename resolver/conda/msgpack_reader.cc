#include "resolver/conda/msgpack_reader.h"

#include <bit>
#include <limits>

#include <fmt/format.h>

#include "base/error.h"

namespace kasane::resolver {
namespace {

constexpr int kDeepest = 256;

bool is_between(unsigned char head, unsigned char first, unsigned char last) {
  return head >= first && head <= last;
}

}  // namespace

void MsgpackReader::fail(std::string_view expected) const {
  throw Error(
      ErrorKind::kIntegrity,
      fmt::format(
          "expected {} at byte {} of MessagePack, found {}", expected, at_,
          at_end() ? "the end" : fmt::format("`{:02x}`", static_cast<unsigned char>(bytes_[at_]))));
}

unsigned char MsgpackReader::byte_at(std::size_t at) const {
  if (at >= bytes_.size()) fail("more bytes");
  return static_cast<unsigned char>(bytes_[at]);
}

unsigned char MsgpackReader::take_byte() {
  const unsigned char out = byte_at(at_);
  ++at_;
  return out;
}

std::string_view MsgpackReader::take(std::uint64_t size) {
  if (size > bytes_.size() - at_) fail(fmt::format("{} bytes", size));
  const std::string_view out = bytes_.substr(at_, size);
  at_ += size;
  return out;
}

std::uint64_t MsgpackReader::take_integer(std::size_t size) {
  std::uint64_t out = 0;
  for (const char c : take(size)) out = out << 8 | static_cast<unsigned char>(c);
  return out;
}

std::uint64_t MsgpackReader::take_size(unsigned char head, unsigned char first, std::size_t size) {
  return take_integer(size << (head - first));
}

std::size_t MsgpackReader::checked_count(std::uint64_t count, std::size_t least_size) const {
  if (count > (bytes_.size() - at_) / least_size) fail(fmt::format("{} values", count));
  return static_cast<std::size_t>(count);
}

/// The first bytes are those of the MessagePack specification, "Formats".
MsgpackReader::Kind MsgpackReader::peek() const {
  const unsigned char head = byte_at(at_);
  if (head <= 0x7f || head >= 0xe0) return Kind::kInteger;
  if (head <= 0x8f || is_between(head, 0xde, 0xdf)) return Kind::kMap;
  if (head <= 0x9f || is_between(head, 0xdc, 0xdd)) return Kind::kArray;
  if (head <= 0xbf || is_between(head, 0xd9, 0xdb)) return Kind::kText;
  if (head == 0xc0) return Kind::kNil;
  if (is_between(head, 0xc2, 0xc3)) return Kind::kBool;
  if (is_between(head, 0xc4, 0xc6)) return Kind::kBytes;
  if (is_between(head, 0xca, 0xcb)) return Kind::kFloat;
  if (is_between(head, 0xcc, 0xd3)) return Kind::kInteger;
  if (head == 0xc1) fail("a value");
  return Kind::kExtension;
}

std::size_t MsgpackReader::read_array() {
  if (peek() != Kind::kArray) fail("an array");
  const unsigned char head = take_byte();
  return checked_count(head <= 0x9f ? head & 0x0fU : take_size(head, 0xdc, 2), 1);
}

std::size_t MsgpackReader::read_map() {
  if (peek() != Kind::kMap) fail("a map");
  const unsigned char head = take_byte();
  return checked_count(head <= 0x8f ? head & 0x0fU : take_size(head, 0xde, 2), 2);
}

std::string_view MsgpackReader::read_text() {
  const Kind kind = peek();
  if (kind != Kind::kText && kind != Kind::kBytes) fail("a text");
  const unsigned char head = take_byte();
  if (head <= 0xbf) return take(head & 0x1fU);
  return take(kind == Kind::kText ? take_size(head, 0xd9, 1) : take_size(head, 0xc4, 1));
}

bool MsgpackReader::read_bool() {
  if (peek() != Kind::kBool) fail("true or false");
  return take_byte() == 0xc3;
}

std::optional<std::uint64_t> MsgpackReader::read_count() {
  const double number = [&] {
    const std::size_t before = at_;
    const double out = read_number();
    at_ = before;
    return out;
  }();
  const unsigned char head = byte_at(at_);
  if (head <= 0x7f) return take_byte();
  if (is_between(head, 0xcc, 0xd3)) {
    take_byte();
    const bool has_sign = head >= 0xd0;
    const std::uint64_t out = take_size(head, has_sign ? 0xd0 : 0xcc, 1);
    return number < 0 ? std::nullopt : std::optional(out);
  }
  skip();
  return std::nullopt;
}

double MsgpackReader::read_number() {
  const Kind kind = peek();
  if (kind != Kind::kInteger && kind != Kind::kFloat) fail("a number");
  const unsigned char head = take_byte();
  if (head <= 0x7f) return head;
  if (head >= 0xe0) return static_cast<std::int8_t>(head);
  if (head == 0xca) return std::bit_cast<float>(static_cast<std::uint32_t>(take_integer(4)));
  if (head == 0xcb) return std::bit_cast<double>(take_integer(8));
  if (head <= 0xcf) return static_cast<double>(take_size(head, 0xcc, 1));
  const std::size_t size = std::size_t{1} << (head - 0xd0);
  const auto unused_bits = static_cast<unsigned>(64 - 8 * size);
  return static_cast<double>(static_cast<std::int64_t>(take_integer(size) << unused_bits) >>
                             unused_bits);
}

void MsgpackReader::skip_nested(int depth) {
  if (depth > kDeepest) fail(fmt::format("at most {} values within each other", kDeepest));
  switch (peek()) {
    case Kind::kNil:
    case Kind::kBool:
      take_byte();
      return;
    case Kind::kInteger:
    case Kind::kFloat:
      read_number();
      return;
    case Kind::kText:
    case Kind::kBytes:
      read_text();
      return;
    case Kind::kArray:
      for (std::size_t i = read_array(); i > 0; --i) skip_nested(depth + 1);
      return;
    case Kind::kMap:
      for (std::size_t i = 2 * read_map(); i > 0; --i) skip_nested(depth + 1);
      return;
    case Kind::kExtension: {
      const unsigned char head = take_byte();
      const std::uint64_t size =
          head >= 0xd4 ? std::uint64_t{1} << (head - 0xd4) : take_size(head, 0xc7, 1);
      take(size + 1);
    }
  }
}

}  // namespace kasane::resolver
