#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>

namespace kasane {

/// Bytes are carried in `std::string_view` and `std::string` throughout; they need not be text.

/// Where bytes come from, once and in order. Not thread-safe.
class ByteSource {
 public:
  virtual ~ByteSource() = default;
  /// Fills a prefix of `buffer` and returns its length; 0 only at the end (or for an empty buffer).
  virtual std::size_t read(std::span<char> buffer) = 0;
};

/// Where bytes go, in order. Not thread-safe.
class ByteSink {
 public:
  virtual ~ByteSink() = default;
  virtual void write(std::string_view bytes) = 0;
};

class StringSource final : public ByteSource {
 public:
  explicit StringSource(std::string_view bytes) : rest_(bytes) {}
  std::size_t read(std::span<char> buffer) override;

 private:
  std::string_view rest_;
};

class StringSink final : public ByteSink {
 public:
  void write(std::string_view bytes) override { bytes_.append(bytes); }
  const std::string& bytes() const { return bytes_; }
  std::string take() { return std::move(bytes_); }

 private:
  std::string bytes_;
};

/// Reads until `buffer` is full or the source ends; returns how much was read.
std::size_t read_fully(ByteSource& source, std::span<char> buffer);
/// Reads all that is left; more than `limit` bytes is an Error of kind kRefused that names `what`.
std::string read_all(ByteSource& source, std::size_t limit, std::string_view what);
/// Moves all that is left; returns how many bytes that were.
std::size_t copy(ByteSource& source, ByteSink& sink);

}  // namespace kasane
