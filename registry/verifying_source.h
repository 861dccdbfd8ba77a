#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "base/digest.h"
#include "base/error.h"
#include "base/stream.h"
#include "registry/descriptor.h"

namespace kasane::registry {

/// The bytes of another source, checked against a descriptor. The last bytes are handed out only
/// once size and digest have matched; otherwise read() throws an Error of kind kIntegrity that
/// says expected and found, with `context` as its context.
class VerifyingSource final : public ByteSource {
 public:
  /// `what` calls the bytes in errors: "layer", "configuration".
  VerifyingSource(std::unique_ptr<ByteSource> source, const Descriptor& expected, std::string what,
                  std::string context);
  std::size_t read(std::span<char> buffer) override;

 private:
  void check_end();
  Error mismatch(std::string_view what, std::string_view expected, std::string_view got) const;

  std::unique_ptr<ByteSource> source_;
  Digest digest_;
  std::uint64_t size_bytes_;
  std::string what_;
  std::string context_;
  Sha256Hasher hasher_;
  std::uint64_t done_ = 0;
  bool verified_ = false;
};

}  // namespace kasane::registry
