#pragma once

#include <memory>
#include <string>
#include <vector>

#include "registry/index_source.h"
#include "registry/remote/client.h"

namespace kasane::registry {

/// An index in a registry. Thread-safe.
class RemoteIndex final : public IndexSource {
 public:
  /// What the client's name names; nullptr when that is a single manifest.
  static std::unique_ptr<RemoteIndex> find(std::unique_ptr<Client> client);

  std::string reference() const override { return client_->name().render(); }
  const StoredManifest& index() const override { return index_; }
  std::string read_document(const Descriptor& descriptor) const override;
  std::unique_ptr<ByteSource> open_blob(const Descriptor& descriptor) const override;
  std::optional<RegistryReference> place() const override { return client_->name(); }
  std::vector<Manifest> read_referrers(const Digest& subject) const override;

 private:
  RemoteIndex(std::unique_ptr<Client> client, StoredManifest index)
      : client_(std::move(client)), index_(std::move(index)) {}

  std::unique_ptr<Client> client_;
  StoredManifest index_;
};

/// The manifests that hang on another one.
std::vector<Manifest> fetch_referring_manifests(const Client& client, const Digest& subject);
/// An Error of kind kFailed for a tag or digest that is not there.
Error no_such_manifest(std::string_view tag_or_digest);

}  // namespace kasane::registry
