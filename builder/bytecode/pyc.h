#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace kasane::builder {

/// The minor version of a CPython 3, 7 or later: byte-code files as PEP 552 has them.
class PythonMinor {
 public:
  /// Reads `3.11`; nothing for anything but a 3.7 or later.
  static std::optional<PythonMinor> find(std::string_view version);

  int number() const { return number_; }
  /// `cpython-311`, as in the names of pyc files.
  std::string cache_tag() const;
  /// The number that its released pyc files begin with; nothing for versions not known yet.
  std::optional<std::uint16_t> magic() const;
  bool operator==(const PythonMinor&) const = default;

 private:
  explicit PythonMinor(int number) : number_(number) {}
  int number_;
};

/// The eight bytes that CPython takes for a source's hash: SipHash of its bytes, keyed by the magic
/// number; SipHash-2-4 up to Python 3.10, SipHash-1-3 from 3.11 on.
using SourceHash = std::array<std::uint8_t, 8>;

/// Computes a SourceHash piece by piece. Not thread-safe.
class SourceHasher {
 public:
  SourceHasher(PythonMinor python, std::uint16_t magic);
  void update(std::string_view bytes);
  /// Of all so far. Called once.
  SourceHash finish();

 private:
  void compress(std::uint64_t word, int rounds);
  void round();

  int compression_rounds_;
  std::array<std::uint64_t, 4> state_;
  std::uint64_t pending_ = 0;
  std::uint64_t size_ = 0;
};

/// The header of a pyc file (PEP 552).
struct PycHeader {
  static constexpr std::size_t kSize = 16;
  enum class Validity { kTimestamp, kCheckedHash, kUncheckedHash };

  std::uint16_t magic = 0;
  Validity validity = Validity::kTimestamp;
  /// Of kTimestamp: the low 32 bits of the source's time and size.
  std::uint32_t source_time = 0;
  std::uint32_t source_size = 0;
  /// Of the others.
  SourceHash source_hash = {};

  /// Nothing when `bytes` do not begin with such a header.
  static std::optional<PycHeader> find(std::string_view bytes);
  /// find(render()) == *this.
  std::string render() const;
  bool operator==(const PycHeader&) const = default;
};

}  // namespace kasane::builder
