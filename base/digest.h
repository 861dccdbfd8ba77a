#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace kasane {

/// The SHA-256 of bytes as they are stored. Always valid: 32 bytes.
class Digest {
 public:
  using Raw = std::array<std::uint8_t, 32>;

  explicit Digest(const Raw& raw) : raw_(raw) {}
  static Digest of(std::string_view bytes);
  /// Reads `sha256:<64 lower-case hex digits>`; anything else is an Error of kind kIntegrity.
  static Digest parse(std::string_view text);
  /// Reads the 64 hex digits alone.
  static Digest parse_hex(std::string_view hex);
  static std::optional<Digest> find_hex(std::string_view hex);

  std::string hex() const;
  /// `sha256:<hex>`, the inverse of parse().
  std::string render() const { return "sha256:" + hex(); }
  const Raw& raw() const { return raw_; }
  auto operator<=>(const Digest&) const = default;

 private:
  Raw raw_;
};

/// The SHA-256 of the tar within a layer, that is of its uncompressed bytes.
class DiffId {
 public:
  explicit DiffId(const Digest& digest) : digest_(digest) {}
  static DiffId parse(std::string_view text) { return DiffId(Digest::parse(text)); }
  std::string render() const { return digest_.render(); }
  const Digest& digest() const { return digest_; }
  auto operator<=>(const DiffId&) const = default;

 private:
  Digest digest_;
};

/// An MD5, only ever used to check a file for which a lock has nothing better.
class Md5Digest {
 public:
  static Md5Digest of(std::string_view bytes);
  static Md5Digest parse_hex(std::string_view hex);
  explicit Md5Digest(const std::array<std::uint8_t, 16>& raw) : raw_(raw) {}
  std::string hex() const;
  auto operator<=>(const Md5Digest&) const = default;

 private:
  std::array<std::uint8_t, 16> raw_;
};

/// Computes a SHA-256 piece by piece. Not thread-safe.
class Sha256Hasher {
 public:
  Sha256Hasher();
  ~Sha256Hasher();
  Sha256Hasher(Sha256Hasher&&) noexcept;
  Sha256Hasher& operator=(Sha256Hasher&&) noexcept;
  void update(std::string_view bytes);
  /// The digest of all so far; the hasher begins anew.
  Digest finish();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

class Md5Hasher {
 public:
  Md5Hasher();
  ~Md5Hasher();
  Md5Hasher(Md5Hasher&&) noexcept;
  Md5Hasher& operator=(Md5Hasher&&) noexcept;
  void update(std::string_view bytes);
  Md5Digest finish();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

/// Lower-case hexadecimal digits of `bytes`.
std::string to_hex(std::string_view bytes);
std::string to_hex(const std::uint8_t* bytes, std::size_t size);

}  // namespace kasane

template <>
struct std::hash<kasane::Digest> {
  std::size_t operator()(const kasane::Digest& digest) const noexcept;
};
