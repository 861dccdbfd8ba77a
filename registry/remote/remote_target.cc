#include "registry/remote/remote_target.h"

#include <fmt/format.h>

#include "base/error.h"
#include "registry/image_config.h"
#include "registry/json.h"
#include "registry/layout_document.h"
#include "registry/media_type.h"

namespace kasane::registry {

class RemoteTarget::Blob final : public TargetBlob {
  template <class Body>
  auto in_target(Body&& body) {
    return in_context([&] { return fmt::format("while pushing `{}`", target_.reference()); },
                      std::forward<Body>(body));
  }

 public:
  explicit Blob(RemoteTarget& target) : target_(target), upload_(target.client_->begin_blob()) {}

  void write(std::string_view bytes) override {
    in_target([&] { upload_->write(bytes); });
    size_bytes_ += bytes.size();
  }
  Digest commit() override {
    return in_target([&] {
      const Digest digest = upload_->commit();
      target_.confirm(digest, size_bytes_);
      return digest;
    });
  }

 private:
  RemoteTarget& target_;
  std::unique_ptr<TargetBlob> upload_;
  std::uint64_t size_bytes_ = 0;
};

void RemoteTarget::confirm(const Digest& digest, std::uint64_t size_bytes) {
  const std::lock_guard guard(mutex_);
  confirmed_.insert_or_assign(digest, size_bytes);
}

bool RemoteTarget::has_blob(const Digest& digest, std::uint64_t size_bytes) {
  {
    const std::lock_guard guard(mutex_);
    const auto known = confirmed_.find(digest);
    if (known != confirmed_.end()) return known->second == size_bytes;
  }
  if (!client_->has_blob(digest, size_bytes)) return false;
  confirm(digest, size_bytes);
  return true;
}

std::unique_ptr<TargetBlob> RemoteTarget::begin_blob() { return std::make_unique<Blob>(*this); }

bool RemoteTarget::mount_blob(const Digest& digest, std::uint64_t size_bytes,
                              const std::string& from_repository) {
  if (!client_->mount_blob(digest, from_repository)) return false;
  confirm(digest, size_bytes);
  return true;
}

std::optional<Manifest> RemoteTarget::find_current() {
  const RegistryReference& name = client_->name();
  auto stored = client_->find_manifest(name.digest() ? name.digest()->render()
                                                     : name.tag().value_or("latest"));
  if (!stored || parse_object(stored->text, "the manifest").contains("manifests")) {
    return std::nullopt;
  }
  return Manifest::parse(std::move(stored->text));
}

std::vector<KnownLayer> RemoteTarget::known_layers() {
  std::vector<KnownLayer> out;
  try {
    const auto manifest = find_current();
    if (!manifest || !media_type::is_image_config(manifest->config.media_type)) return out;
    const auto bytes = client_->open_blob(manifest->config, "configuration");
    const auto diff_ids =
        ImageConfig::parse(read_all(*bytes, kDocumentLimit, "the configuration")).diff_ids();
    if (diff_ids.size() != manifest->layers.size()) return out;
    std::map<Digest, bool> seen;
    for (std::size_t i = 0; i < diff_ids.size(); ++i) {
      const Descriptor& layer = manifest->layers[i];
      if (!seen.emplace(layer.digest, true).second) continue;
      out.push_back({layer, diff_ids[i]});
    }
  } catch (const Error& error) {
    // An image of others that cannot be read is none to build upon.
    if (error.kind() == ErrorKind::kNetwork) throw;
    out.clear();
  }
  return out;
}

void RemoteTarget::publish(const Manifest& manifest, const std::vector<std::string>& tags) {
  in_context([&] { return fmt::format("while pushing `{}`", reference()); },
             [&] {
               const RegistryReference& name = client_->name();
               const Digest digest = manifest.digest();
               if (name.digest() && *name.digest() != digest) {
                 throw Error(ErrorKind::kRefused,
                             fmt::format("the image is `{}`, expected `{}`", digest.render(),
                                         name.digest()->render()))
                     .hint("name the target by a tag");
               }
               std::vector<std::string> names = all_tags(name.tag(), tags);
               if (name.digest() && !name.tag() && tags.empty()) names.clear();
               // All are looked at before anything is written.
               for (const std::string& tag : names) name.with_tag(tag);
               require_blobs(*this, manifest);
               const StoredManifest stored{manifest.text, manifest.media_type};
               client_->put_manifest(digest.render(), stored);
               for (const std::string& tag : names) client_->put_manifest(tag, stored);
             });
}

}  // namespace kasane::registry
