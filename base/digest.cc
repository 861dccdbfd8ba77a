#include "base/digest.h"

#include <cstring>

#include <fmt/format.h>
#include <openssl/evp.h>

#include "base/error.h"

namespace kasane {
namespace {

struct ContextFree {
  void operator()(EVP_MD_CTX* context) const { EVP_MD_CTX_free(context); }
};
using Context = std::unique_ptr<EVP_MD_CTX, ContextFree>;

/// Fetched once: looking an algorithm up by name costs more than hashing a small file.
const EVP_MD* algorithm(const char* name) { return EVP_MD_fetch(nullptr, name, nullptr); }

const EVP_MD* sha256() {
  static const EVP_MD* const found = algorithm("SHA256");
  return found;
}

const EVP_MD* md5() {
  static const EVP_MD* const found = algorithm("MD5");
  return found;
}

Context begin(const EVP_MD* md) {
  Context context(EVP_MD_CTX_new());
  if (md == nullptr || context == nullptr || EVP_DigestInit_ex(context.get(), md, nullptr) != 1) {
    throw Error(ErrorKind::kFailed, "this machine's OpenSSL does not offer the hash function");
  }
  return context;
}

template <std::size_t N>
std::array<std::uint8_t, N> end(const Context& context, const EVP_MD* md) {
  std::array<std::uint8_t, N> raw{};
  EVP_DigestFinal_ex(context.get(), raw.data(), nullptr);
  EVP_DigestInit_ex(context.get(), md, nullptr);
  return raw;
}

int nibble(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  return -1;
}

template <std::size_t N>
std::optional<std::array<std::uint8_t, N>> from_hex(std::string_view hex) {
  if (hex.size() != 2 * N) return std::nullopt;
  std::array<std::uint8_t, N> raw{};
  for (std::size_t i = 0; i < N; ++i) {
    const int high = nibble(hex[2 * i]);
    const int low = nibble(hex[2 * i + 1]);
    if (high < 0 || low < 0) return std::nullopt;
    raw[i] = static_cast<std::uint8_t>(high << 4 | low);
  }
  return raw;
}

}  // namespace

std::string to_hex(const std::uint8_t* bytes, std::size_t size) {
  static constexpr char kDigits[] = "0123456789abcdef";
  std::string out(2 * size, '0');
  for (std::size_t i = 0; i < size; ++i) {
    out[2 * i] = kDigits[bytes[i] >> 4];
    out[2 * i + 1] = kDigits[bytes[i] & 15];
  }
  return out;
}

std::string to_hex(std::string_view bytes) {
  return to_hex(reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size());
}

Digest Digest::of(std::string_view bytes) {
  Sha256Hasher hasher;
  hasher.update(bytes);
  return hasher.finish();
}

std::optional<Digest> Digest::find_hex(std::string_view hex) {
  if (auto raw = from_hex<32>(hex)) return Digest(*raw);
  return std::nullopt;
}

Digest Digest::parse_hex(std::string_view hex) {
  if (auto digest = find_hex(hex)) return *digest;
  throw Error(ErrorKind::kIntegrity,
              fmt::format("expected 64 lower-case hex digits, got `{}`", hex.substr(0, 100)));
}

Digest Digest::parse(std::string_view text) {
  if (text.starts_with("sha256:")) {
    if (auto digest = find_hex(text.substr(7))) return *digest;
  }
  throw Error(ErrorKind::kIntegrity,
              fmt::format("expected `sha256:` and 64 lower-case hex digits, got `{}`",
                          text.substr(0, 100)));
}

std::string Digest::hex() const { return to_hex(raw_.data(), raw_.size()); }

Md5Digest Md5Digest::of(std::string_view bytes) {
  Md5Hasher hasher;
  hasher.update(bytes);
  return hasher.finish();
}

Md5Digest Md5Digest::parse_hex(std::string_view hex) {
  if (auto raw = from_hex<16>(hex)) return Md5Digest(*raw);
  throw Error(ErrorKind::kIntegrity,
              fmt::format("expected 32 lower-case hex digits, got `{}`", hex.substr(0, 100)));
}

std::string Md5Digest::hex() const { return to_hex(raw_.data(), raw_.size()); }

struct Sha256Hasher::State {
  Context context = begin(sha256());
};

Sha256Hasher::Sha256Hasher() : state_(std::make_unique<State>()) {}
Sha256Hasher::~Sha256Hasher() = default;
Sha256Hasher::Sha256Hasher(Sha256Hasher&&) noexcept = default;
Sha256Hasher& Sha256Hasher::operator=(Sha256Hasher&&) noexcept = default;

void Sha256Hasher::update(std::string_view bytes) {
  EVP_DigestUpdate(state_->context.get(), bytes.data(), bytes.size());
}

Digest Sha256Hasher::finish() { return Digest(end<32>(state_->context, sha256())); }

struct Md5Hasher::State {
  Context context = begin(md5());
};

Md5Hasher::Md5Hasher() : state_(std::make_unique<State>()) {}
Md5Hasher::~Md5Hasher() = default;
Md5Hasher::Md5Hasher(Md5Hasher&&) noexcept = default;
Md5Hasher& Md5Hasher::operator=(Md5Hasher&&) noexcept = default;

void Md5Hasher::update(std::string_view bytes) {
  EVP_DigestUpdate(state_->context.get(), bytes.data(), bytes.size());
}

Md5Digest Md5Hasher::finish() { return Md5Digest(end<16>(state_->context, md5())); }

}  // namespace kasane

std::size_t std::hash<kasane::Digest>::operator()(const kasane::Digest& digest) const noexcept {
  std::size_t value;
  std::memcpy(&value, digest.raw().data(), sizeof value);
  return value;
}
