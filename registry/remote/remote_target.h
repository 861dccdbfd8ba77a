#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "registry/image_target.h"
#include "registry/remote/client.h"

namespace kasane::registry {

/// Writes an image into a repository of a registry. A blob is asked for at most once. Those that
/// the manifest under the target's tag names are there: a registry keeps what its manifests name.
/// Should it refuse a manifest all the same, ask_for_each_blob() and another try find out which is
/// missing. Blobs must not outlive the target.
class RemoteTarget final : public ImageTarget {
 public:
  explicit RemoteTarget(std::unique_ptr<Client> client) : client_(std::move(client)) {}

  std::string reference() const override { return client_->name().render(); }
  bool has_blob(const Digest& digest, std::uint64_t size_bytes) override;
  std::unique_ptr<TargetBlob> begin_blob() override;
  void copy_blob(const Descriptor& blob, const OpenBytes& open) override;
  std::optional<RegistryReference> place() const override { return client_->name(); }
  void add_place(const Digest& blob, const RegistryReference& where) override;
  void look_only() override;
  bool was_mounted(const Digest& blob) const override;
  TargetTraffic traffic() const override;
  unsigned parallel() const override { return client_->options().parallel; }
  unsigned parallel_questions() const override { return 2 * client_->options().parallel; }
  /// Asked for once.
  std::optional<Manifest> find_current() override;
  /// Those of the image that the tag names now: a registry is not asked for all that it holds.
  std::vector<KnownLayer> known_layers() override;
  void publish(const Manifest& manifest, const std::vector<std::string>& tags) override;
  bool publish_referrer(const Manifest& manifest) override;
  void add_document(const StoredManifest& document) override;
  void publish_index(const StoredManifest& index, const std::vector<std::string>& tags) override;
  bool takes_manifests_word() const override;
  void ask_for_each_blob() override;

  /// Takes a blob over from another repository of the same registry; false when it does not do
  /// that.
  bool mount_blob(const Digest& digest, std::uint64_t size_bytes,
                  const std::string& from_repository);

 private:
  class Blob;
  std::string own_name() const;
  void confirm(const Digest& digest, std::uint64_t size_bytes, std::uint64_t sent_bytes);
  void take_word_of(const Manifest& manifest);
  std::vector<std::string> names_for(const Digest& digest,
                                     const std::vector<std::string>& tags) const;
  void tag(const Manifest& manifest, const std::vector<std::string>& names);

  std::unique_ptr<Client> client_;
  mutable std::mutex mutex_;
  /// Blobs that the registry has said it has.
  std::map<Digest, std::uint64_t> confirmed_;
  std::map<Digest, std::string> places_;
  std::set<Digest> mounted_;
  TargetTraffic traffic_;
  bool looks_only_ = false;
  bool asks_for_each_ = false;
  bool took_word_ = false;
  /// What the tag names; absent before it was asked for.
  std::optional<std::optional<Manifest>> current_;
};

}  // namespace kasane::registry
