#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>

#include "base/digest.h"
#include "registry/image_target.h"
#include "registry/remote/transport.h"

namespace kasane::registry {

/// A blob on its way into a repository. What fits into one chunk goes in one piece, or not at all
/// when it is there already; the rest goes chunk by chunk. Bytes are held until the registry says
/// that it has them, so a break costs one chunk at most. Dropped without commit(), the registry
/// forgets the upload in its own time. Not thread-safe. Borrows the transport.
class BlobUpload final : public TargetBlob {
 public:
  using HasBlob = std::function<bool(const Digest&, std::uint64_t)>;

  BlobUpload(const Transport& transport, HasBlob has_blob)
      : transport_(transport),
        has_blob_(std::move(has_blob)),
        chunk_(transport.options().chunk_bytes) {}

  void write(std::string_view bytes) override;
  Digest commit() override;

 private:
  enum class Outcome { kDone, kTryAgain };
  /// What came of a request that carries bytes.
  struct Attempt {
    std::optional<RemoteAnswer> answer;
    /// Of the answer, should it not be the one that was hoped for, or of its lack.
    std::optional<Error> failure;
    bool may_pass = false;
    std::optional<std::chrono::milliseconds> asked;
    int status() const { return answer ? answer->status() : 0; }
  };

  std::uint64_t size() const { return sent_ + held_.size(); }
  void begin_session();
  void send_chunk();
  Attempt try_part(const RemoteRequest& request) const;
  Outcome try_chunk(Retry& retry);
  Outcome try_finish(const Digest& digest, Retry& retry);
  /// Waits, asks where the upload stands, and lets go of what the registry has.
  void recover(Retry& retry, Error failure, std::optional<std::chrono::milliseconds> asked);
  void take_position(const RemoteAnswer& answer);
  void let_go_until(std::uint64_t position);
  RemoteRequest part(std::string method, std::string_view bytes) const;

  const Transport& transport_;
  HasBlob has_blob_;
  std::size_t chunk_;
  Sha256Hasher hasher_;
  std::optional<Url> session_;
  /// How many bytes the registry has said it has.
  std::uint64_t sent_ = 0;
  /// Those after them.
  std::string held_;
};

}  // namespace kasane::registry
