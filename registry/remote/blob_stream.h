#pragma once

#include <cstdint>
#include <functional>
#include <optional>

#include "base/url.h"
#include "registry/descriptor.h"
#include "registry/image_target.h"
#include "registry/remote/transport.h"

namespace kasane::registry {

/// A blob of known digest on its way into a repository: its bytes go through in one request and are
/// never held. After a break the registry is asked how many it has, and gets the rest, or all of
/// them again where it has forgotten. Not thread-safe. Borrows the transport.
class BlobStream {
 public:
  using HasBlob = std::function<bool(const Digest&, std::uint64_t)>;

  BlobStream(const Transport& transport, const Descriptor& blob, ImageTarget::OpenBytes open,
             HasBlob has_blob)
      : transport_(transport),
        blob_(blob),
        open_(std::move(open)),
        has_blob_(std::move(has_blob)) {}
  void send();

 private:
  /// What came of sending.
  struct Attempt {
    int status = 0;
    std::optional<Error> failure;
    std::optional<std::chrono::milliseconds> asked;
  };

  void begin_session();
  Attempt try_rest() const;
  std::unique_ptr<ByteSource> open_rest() const;
  void find_position();

  const Transport& transport_;
  const Descriptor blob_;
  ImageTarget::OpenBytes open_;
  HasBlob has_blob_;
  std::optional<Url> session_;
  /// How many bytes the registry has said it has.
  std::uint64_t sent_ = 0;
};

}  // namespace kasane::registry
