#include <memory>

#include <fmt/format.h>
#include <nlohmann/json.hpp>
#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/x509.h>

#include "base/digest.h"
#include "base/error.h"
#include "registry/auth/azure_identity.h"

namespace kasane::registry {
namespace {

template <auto Free>
struct Freed {
  template <class T>
  void operator()(T* object) const {
    Free(object);
  }
};
using Bio = std::unique_ptr<BIO, Freed<BIO_free>>;
using Certificate = std::unique_ptr<X509, Freed<X509_free>>;
using PrivateKey = std::unique_ptr<EVP_PKEY, Freed<EVP_PKEY_free>>;
using Signing = std::unique_ptr<EVP_MD_CTX, Freed<EVP_MD_CTX_free>>;

/// RFC 4648, section 5, without padding.
std::string base64url(std::string_view bytes) {
  std::string out(bytes.size() / 3 * 4 + 5, '\0');
  const int size = EVP_EncodeBlock(reinterpret_cast<unsigned char*>(out.data()),
                                   reinterpret_cast<const unsigned char*>(bytes.data()),
                                   static_cast<int>(bytes.size()));
  out.resize(static_cast<std::size_t>(size));
  while (out.ends_with('=')) out.pop_back();
  for (char& c : out) c = c == '+' ? '-' : c == '/' ? '_' : c;
  return out;
}

Bio memory_of(std::string_view pem) {
  return Bio(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
}

/// No pass phrase is asked for on the terminal.
int no_phrase(char*, int, int, void*) { return -1; }

Error wrong(const std::string& what, std::string_view lack) {
  return Error(ErrorKind::kUsage, fmt::format("{} has no {}", what, lack))
      .hint(
          "`AZURE_CLIENT_CERTIFICATE_PATH` names a PEM file with certificate and RSA key, "
          "without a pass phrase");
}

std::string thumbprint(X509& certificate) {
  std::string der;
  unsigned char* place = nullptr;
  const int size = i2d_X509(&certificate, &place);
  if (size > 0) der.assign(reinterpret_cast<char*>(place), static_cast<std::size_t>(size));
  OPENSSL_free(place);
  const auto raw = Digest::of(der).raw();
  return base64url(std::string_view(reinterpret_cast<const char*>(raw.data()), raw.size()));
}

std::string sign(EVP_PKEY& key, std::string_view text) {
  const Signing signing(EVP_MD_CTX_new());
  std::size_t size = 0;
  const auto* const bytes = reinterpret_cast<const unsigned char*>(text.data());
  if (EVP_DigestSignInit(signing.get(), nullptr, EVP_sha256(), nullptr, &key) != 1 ||
      EVP_DigestSign(signing.get(), nullptr, &size, bytes, text.size()) != 1) {
    throw Error(ErrorKind::kFailed, "a client assertion cannot be signed");
  }
  std::string out(size, '\0');
  if (EVP_DigestSign(signing.get(), reinterpret_cast<unsigned char*>(out.data()), &size, bytes,
                     text.size()) != 1) {
    throw Error(ErrorKind::kFailed, "a client assertion cannot be signed");
  }
  out.resize(size);
  return out;
}

std::string random_name() {
  std::string bytes(16, '\0');
  if (RAND_bytes(reinterpret_cast<unsigned char*>(bytes.data()), 16) != 1) {
    throw Error(ErrorKind::kFailed, "no random numbers are to be had");
  }
  return base64url(bytes);
}

}  // namespace

Secret sign_client_assertion(std::string_view pem, const std::string& client,
                             const std::string& audience, std::chrono::system_clock::time_point now,
                             const std::string& what) {
  const Certificate certificate(
      PEM_read_bio_X509(memory_of(pem).get(), nullptr, no_phrase, nullptr));
  if (certificate == nullptr) throw wrong(what, "certificate");
  const PrivateKey key(PEM_read_bio_PrivateKey(memory_of(pem).get(), nullptr, no_phrase, nullptr));
  if (key == nullptr || EVP_PKEY_base_id(key.get()) != EVP_PKEY_RSA) throw wrong(what, "RSA key");
  const auto seconds =
      std::chrono::duration_cast<std::chrono::seconds>(now.time_since_epoch()).count();
  const nlohmann::json header = {
      {"alg", "RS256"}, {"typ", "JWT"}, {"x5t#S256", thumbprint(*certificate)}};
  const nlohmann::json claims = {{"aud", audience},      {"iss", client},  {"sub", client},
                                 {"jti", random_name()}, {"nbf", seconds}, {"iat", seconds},
                                 {"exp", seconds + 600}};
  const std::string text = base64url(header.dump()) + "." + base64url(claims.dump());
  return Secret(text + "." + base64url(sign(*key, text)));
}

}  // namespace kasane::registry
