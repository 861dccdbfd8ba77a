#include "builder/bytecode/pyc.h"

#include <bit>
#include <charconv>
#include <cstring>

#include <fmt/format.h>

namespace kasane::builder {
namespace {

constexpr std::uint32_t kHashFlag = 1;
constexpr std::uint32_t kCheckSourceFlag = 2;

std::uint32_t little_endian(std::string_view bytes) {
  std::uint32_t value = 0;
  for (std::size_t i = 4; i-- > 0;) value = value << 8 | static_cast<unsigned char>(bytes[i]);
  return value;
}

void append(std::string& out, std::uint32_t value) {
  for (int shift = 0; shift < 32; shift += 8) out += static_cast<char>(value >> shift);
}

/// After the version come carriage return and newline, so that a text transfer breaks it.
std::uint32_t whole_magic(std::uint16_t magic) {
  return magic | std::uint32_t{'\r'} << 16 | std::uint32_t{'\n'} << 24;
}

void sip_round(std::array<std::uint64_t, 4>& state) {
  auto& [a, b, c, d] = state;
  a += b;
  c += d;
  b = std::rotl(b, 13) ^ a;
  d = std::rotl(d, 16) ^ c;
  a = std::rotl(a, 32);
  c += b;
  a += d;
  b = std::rotl(b, 17) ^ c;
  d = std::rotl(d, 21) ^ a;
  c = std::rotl(c, 32);
}

void sip_compress(std::array<std::uint64_t, 4>& state, std::uint64_t word, int rounds) {
  state[3] ^= word;
  for (int i = 0; i < rounds; ++i) sip_round(state);
  state[0] ^= word;
}

}  // namespace

std::optional<PythonMinor> PythonMinor::find(std::string_view version) {
  if (!version.starts_with("3.")) return std::nullopt;
  version.remove_prefix(2);
  int number = 0;
  const auto [end, error] =
      std::from_chars(version.data(), version.data() + version.size(), number);
  if (error != std::errc() || end != version.data() + version.size() || number < 7) {
    return std::nullopt;
  }
  return PythonMinor(number);
}

std::string PythonMinor::cache_tag() const { return fmt::format("cpython-3{}", number_); }

std::optional<std::uint16_t> PythonMinor::magic() const {
  constexpr std::uint16_t kMagics[] = {3394, 3413, 3425, 3439, 3495, 3531, 3571, 3627};
  const auto place = static_cast<std::size_t>(number_ - 7);
  if (place >= std::size(kMagics)) return std::nullopt;
  return kMagics[place];
}

SourceHasher::SourceHasher(PythonMinor python, std::uint16_t magic)
    : compression_rounds_(python.number() <= 10 ? 2 : 1) {
  // The key's first half is the magic number, its second half is zero.
  const std::uint64_t key = whole_magic(magic);
  state_ = {0x736F6D6570736575 ^ key, 0x646F72616E646F6D, 0x6C7967656E657261 ^ key,
            0x7465646279746573};
}

void SourceHasher::round() { sip_round(state_); }

void SourceHasher::compress(std::uint64_t word, int rounds) { sip_compress(state_, word, rounds); }

void SourceHasher::update(std::string_view bytes) {
  std::array<std::uint64_t, 4> state = state_;
  const auto take = [&](char c) {
    pending_ |= std::uint64_t{static_cast<unsigned char>(c)} << (8 * (size_ % 8));
    if (++size_ % 8 == 0) {
      sip_compress(state, pending_, compression_rounds_);
      pending_ = 0;
    }
  };
  while (!bytes.empty() && size_ % 8 != 0) {
    take(bytes.front());
    bytes.remove_prefix(1);
  }
  for (; bytes.size() >= 8; bytes.remove_prefix(8)) {
    std::uint64_t word = 0;
    std::memcpy(&word, bytes.data(), sizeof word);
    if constexpr (std::endian::native == std::endian::big) word = __builtin_bswap64(word);
    sip_compress(state, word, compression_rounds_);
    size_ += 8;
  }
  for (const char c : bytes) take(c);
  state_ = state;
}

SourceHash SourceHasher::finish() {
  compress(pending_ | size_ << 56, compression_rounds_);
  state_[2] ^= 0xFF;
  const int final_rounds = compression_rounds_ + 2;
  for (int i = 0; i < final_rounds; ++i) round();
  const std::uint64_t value = state_[0] ^ state_[1] ^ state_[2] ^ state_[3];
  SourceHash hash;
  for (std::size_t i = 0; i < hash.size(); ++i) {
    hash[i] = static_cast<std::uint8_t>(value >> (8 * i));
  }
  return hash;
}

std::optional<PycHeader> PycHeader::find(std::string_view bytes) {
  if (bytes.size() < kSize || bytes[2] != '\r' || bytes[3] != '\n') return std::nullopt;
  PycHeader header;
  header.magic = static_cast<std::uint16_t>(little_endian(bytes) & 0xFFFF);
  const std::uint32_t flags = little_endian(bytes.substr(4));
  if ((flags & ~(kHashFlag | kCheckSourceFlag)) != 0 || flags == kCheckSourceFlag) {
    return std::nullopt;
  }
  if ((flags & kHashFlag) == 0) {
    header.source_time = little_endian(bytes.substr(8));
    header.source_size = little_endian(bytes.substr(12));
    return header;
  }
  header.validity =
      (flags & kCheckSourceFlag) != 0 ? Validity::kCheckedHash : Validity::kUncheckedHash;
  for (std::size_t i = 0; i < header.source_hash.size(); ++i) {
    header.source_hash[i] = static_cast<std::uint8_t>(bytes[8 + i]);
  }
  return header;
}

std::string PycHeader::render() const {
  std::string out;
  append(out, whole_magic(magic));
  append(out, validity == Validity::kTimestamp     ? 0
              : validity == Validity::kCheckedHash ? kHashFlag | kCheckSourceFlag
                                                   : kHashFlag);
  if (validity == Validity::kTimestamp) {
    append(out, source_time);
    append(out, source_size);
  } else {
    for (const std::uint8_t byte : source_hash) out += static_cast<char>(byte);
  }
  return out;
}

}  // namespace kasane::builder
