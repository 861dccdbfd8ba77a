#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "registry/image_source.h"
#include "registry/platform.h"
#include "registry/remote/client.h"
#include "registry/remote/document_store.h"

namespace kasane::registry {

/// An image in a registry. Manifest and configuration are fetched once; layers when they are asked
/// for. Thread-safe.
class RemoteImage final : public ImageSource {
 public:
  /// The image that the client's name names; `latest` when it has neither tag nor digest. With
  /// `platform`, it chooses among several, and an image for another one is an Error of kind
  /// kFailed; without it the image must be the only one.
  /// What `documents` keeps is not fetched again; it is asked only before this returns.
  RemoteImage(std::unique_ptr<Client> client, const std::optional<Platform>& platform,
              DocumentStore* documents = nullptr);

  std::string reference() const override { return client_->name().render(); }
  const Manifest& manifest() const override { return manifest_; }
  const ImageConfig& config() const override { return config_; }
  const std::string& config_text() const override { return config_text_; }
  std::unique_ptr<ByteSource> open_blob(const Descriptor& descriptor) const override;
  std::optional<RegistryReference> place() const override { return client_->name(); }
  std::vector<Manifest> read_referrers() const override;

 private:
  std::unique_ptr<Client> client_;
  Manifest manifest_;
  std::string config_text_;
  ImageConfig config_;
};

}  // namespace kasane::registry
