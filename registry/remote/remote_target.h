#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "registry/image_target.h"
#include "registry/remote/client.h"

namespace kasane::registry {

/// Writes an image into a repository of a registry. Blobs that it is known to have are not asked
/// for again. Blobs must not outlive the target.
class RemoteTarget final : public ImageTarget {
 public:
  explicit RemoteTarget(std::unique_ptr<Client> client) : client_(std::move(client)) {}

  std::string reference() const override { return client_->name().render(); }
  bool has_blob(const Digest& digest, std::uint64_t size_bytes) override;
  std::unique_ptr<TargetBlob> begin_blob() override;
  std::optional<Manifest> find_current() override;
  /// Those of the image that the tag names now: a registry is not asked for all that it holds.
  std::vector<KnownLayer> known_layers() override;
  void publish(const Manifest& manifest, const std::vector<std::string>& tags) override;

  /// Takes a blob over from another repository of the same registry; false when it does not do
  /// that.
  bool mount_blob(const Digest& digest, std::uint64_t size_bytes,
                  const std::string& from_repository);

 private:
  class Blob;
  void confirm(const Digest& digest, std::uint64_t size_bytes);

  std::unique_ptr<Client> client_;
  std::mutex mutex_;
  /// Blobs that the registry has said it has.
  std::map<Digest, std::uint64_t> confirmed_;
};

}  // namespace kasane::registry
