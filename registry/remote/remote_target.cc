#include "registry/remote/remote_target.h"

#include <algorithm>
#include <set>

#include <fmt/format.h>

#include "base/error.h"
#include "registry/image_config.h"
#include "registry/image_index.h"
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
  explicit Blob(RemoteTarget& target)
      : target_(target),
        upload_(target.client_->begin_blob([this](const Digest& digest, std::uint64_t size) {
          there_ = target_.has_blob(digest, size);
          return there_;
        })) {}

  void write(std::string_view bytes) override {
    in_target([&] { upload_->write(bytes); });
    size_bytes_ += bytes.size();
  }
  Digest commit() override {
    return in_target([&] {
      const Digest digest = upload_->commit();
      target_.confirm(digest, size_bytes_, there_ ? 0 : size_bytes_);
      return digest;
    });
  }

 private:
  RemoteTarget& target_;
  std::unique_ptr<TargetBlob> upload_;
  std::uint64_t size_bytes_ = 0;
  bool there_ = false;
};

std::string RemoteTarget::own_name() const {
  const RegistryReference& name = client_->name();
  return name.digest() ? name.digest()->render() : name.tag().value_or("latest");
}

void RemoteTarget::confirm(const Digest& digest, std::uint64_t size_bytes,
                           std::uint64_t sent_bytes) {
  const std::lock_guard guard(mutex_);
  confirmed_.insert_or_assign(digest, size_bytes);
  traffic_.uploaded_bytes += sent_bytes;
}

bool RemoteTarget::has_blob(const Digest& digest, std::uint64_t size_bytes) {
  std::optional<std::string> place;
  {
    const std::lock_guard guard(mutex_);
    const auto known = confirmed_.find(digest);
    if (known != confirmed_.end()) return known->second == size_bytes;
    const auto hint = places_.find(digest);
    if (hint != places_.end() && looks_only_) return true;
    if (hint != places_.end()) {
      place = hint->second;
      // A place that does not hold it is not asked again.
      places_.erase(hint);
    }
  }
  if (place && mount_blob(digest, size_bytes, *place)) return true;
  if (!client_->has_blob(digest, size_bytes)) return false;
  confirm(digest, size_bytes, 0);
  return true;
}

std::unique_ptr<TargetBlob> RemoteTarget::begin_blob() { return std::make_unique<Blob>(*this); }

void RemoteTarget::copy_blob(const Descriptor& blob, const OpenBytes& open) {
  in_context([&] { return fmt::format("while pushing `{}`", reference()); },
             [&] { client_->send_blob(blob, open); });
  confirm(blob.digest, blob.size_bytes, blob.size_bytes);
}

void RemoteTarget::add_place(const Digest& blob, const RegistryReference& where) {
  if (where.host() != client_->name().host() ||
      where.repository() == client_->name().repository()) {
    return;
  }
  const std::lock_guard guard(mutex_);
  places_.insert_or_assign(blob, where.repository());
}

void RemoteTarget::look_only() {
  const std::lock_guard guard(mutex_);
  looks_only_ = true;
}

bool RemoteTarget::was_mounted(const Digest& blob) const {
  const std::lock_guard guard(mutex_);
  return mounted_.contains(blob);
}

TargetTraffic RemoteTarget::traffic() const {
  const std::lock_guard guard(mutex_);
  return traffic_;
}

bool RemoteTarget::mount_blob(const Digest& digest, std::uint64_t size_bytes,
                              const std::string& from_repository) {
  if (!client_->mount_blob(digest, from_repository)) return false;
  confirm(digest, size_bytes, 0);
  const std::lock_guard guard(mutex_);
  mounted_.insert(digest);
  traffic_.mounted_bytes += size_bytes;
  return true;
}

/// distribution-spec, "Pushing Manifests": one whose blobs are missing is refused; and what a
/// manifest names is not collected as garbage.
void RemoteTarget::take_word_of(const Manifest& manifest) {
  const std::lock_guard guard(mutex_);
  if (asks_for_each_) return;
  took_word_ = true;
  confirmed_.emplace(manifest.config.digest, manifest.config.size_bytes);
  for (const Descriptor& layer : manifest.layers) {
    confirmed_.emplace(layer.digest, layer.size_bytes);
  }
}

bool RemoteTarget::takes_manifests_word() const {
  const std::lock_guard guard(mutex_);
  return took_word_;
}

void RemoteTarget::ask_for_each_blob() {
  const std::lock_guard guard(mutex_);
  asks_for_each_ = true;
  if (took_word_) confirmed_.clear();
  took_word_ = false;
}

std::optional<Manifest> RemoteTarget::find_current() {
  {
    const std::lock_guard guard(mutex_);
    if (current_) return *current_;
  }
  auto stored = in_context([&] { return fmt::format("while pushing `{}`", reference()); },
                           [&] { return client_->find_manifest(own_name()); });
  std::optional<Manifest> found;
  if (stored && !parse_object(stored->text, "the manifest").contains("manifests")) {
    found = Manifest::parse(std::move(stored->text));
    take_word_of(*found);
  }
  const std::lock_guard guard(mutex_);
  current_ = found;
  return found;
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
    std::set<Digest> seen;
    for (std::size_t i = 0; i < diff_ids.size(); ++i) {
      const Descriptor& layer = manifest->layers[i];
      if (seen.insert(layer.digest).second) out.push_back({layer, diff_ids[i]});
    }
  } catch (const Error& error) {
    // An image of others that cannot be read is none to build upon.
    if (error.kind() == ErrorKind::kNetwork) throw;
    out.clear();
  }
  return out;
}

/// What to put a manifest or index under. All names are looked at before anything is written.
std::vector<std::string> RemoteTarget::names_for(const Digest& digest,
                                                 const std::vector<std::string>& tags) const {
  const RegistryReference& name = client_->name();
  if (name.digest() && *name.digest() != digest) {
    throw Error(ErrorKind::kRefused, fmt::format("the image is `{}`, expected `{}`",
                                                 digest.render(), name.digest()->render()))
        .hint("name the target by a tag");
  }
  if (name.digest() && !name.tag() && tags.empty()) return {digest.render()};
  std::vector<std::string> names = all_tags(name.tag(), tags);
  for (const std::string& one : names) name.with_tag(one);
  return names;
}

/// Putting a manifest under a tag is putting it: it gets its digest by the way. A tag that is
/// right already is left alone, since registries count writes.
void RemoteTarget::tag(const Manifest& manifest, const std::vector<std::string>& names) {
  const StoredManifest stored{manifest.text, manifest.media_type};
  const bool there = current_ && *current_ && (*current_)->digest() == manifest.digest();
  for (const std::string& name : names) {
    if (there && name == own_name()) continue;
    if (there) {
      const auto found = client_->find_descriptor(name);
      if (found && found->digest == manifest.digest()) continue;
    }
    client_->put_manifest(name, stored);
  }
}

void RemoteTarget::publish(const Manifest& manifest, const std::vector<std::string>& tags) {
  in_context([&] { return fmt::format("while pushing `{}`", reference()); },
             [&] {
               const std::vector<std::string> names = names_for(manifest.digest(), tags);
               require_blobs(*this, manifest);
               tag(manifest, names);
             });
  const std::lock_guard guard(mutex_);
  current_ = manifest;
}

void RemoteTarget::add_document(const StoredManifest& document) {
  in_context([&] { return fmt::format("while pushing `{}`", reference()); },
             [&] {
               const std::string name = document.descriptor().digest.render();
               if (!client_->find_descriptor(name)) client_->put_manifest(name, document);
             });
}

void RemoteTarget::publish_index(const StoredManifest& index,
                                 const std::vector<std::string>& tags) {
  in_context([&] { return fmt::format("while pushing `{}`", reference()); },
             [&] {
               const Digest digest = index.descriptor().digest;
               for (const std::string& name : names_for(digest, tags)) {
                 const auto found = client_->find_descriptor(name);
                 if (!found || found->digest != digest) client_->put_manifest(name, index);
               }
             });
}

bool RemoteTarget::publish_referrer(const Manifest& manifest) {
  in_context([&] { return fmt::format("while pushing `{}`", reference()); },
             [&] {
               require_blobs(*this, manifest);
               client_->put_referrer(manifest);
             });
  return true;
}

}  // namespace kasane::registry
