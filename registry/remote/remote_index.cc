#include "registry/remote/remote_index.h"

#include <fmt/format.h>

#include "base/error.h"
#include "registry/json.h"
#include "registry/media_type.h"

namespace kasane::registry {

Error no_such_manifest(std::string_view tag_or_digest) {
  return Error(ErrorKind::kFailed, fmt::format("there is no `{}` in the repository", tag_or_digest))
      .hint("check the name and the tag; a private image may need `docker login`");
}

std::vector<Manifest> fetch_referring_manifests(const Client& client, const Digest& subject) {
  std::vector<Manifest> out;
  for (const ImageIndex::Entry& entry : client.fetch_referrers(subject).entries) {
    if (!media_type::is_manifest(entry.descriptor.media_type)) continue;
    // One that was deleted may still be listed.
    auto stored = client.find_manifest(entry.descriptor.digest.render());
    if (stored) out.push_back(Manifest::parse(std::move(stored->text)));
  }
  return out;
}

std::unique_ptr<RemoteIndex> RemoteIndex::find(std::unique_ptr<Client> client) {
  const RegistryReference name = client->name();
  const std::string wanted =
      name.digest() ? name.digest()->render() : name.tag().value_or("latest");
  return in_context(
      [&] { return fmt::format("while pulling `{}`", name.render()); },
      [&]() -> std::unique_ptr<RemoteIndex> {
        auto stored = client->find_manifest(wanted);
        if (!stored) throw no_such_manifest(wanted);
        if (!media_type::is_index(stored->media_type)) return nullptr;
        return std::unique_ptr<RemoteIndex>(new RemoteIndex(std::move(client), *std::move(stored)));
      });
}

std::string RemoteIndex::read_document(const Descriptor& descriptor) const {
  return in_context([&] { return fmt::format("while pulling `{}`", reference()); },
                    [&] {
                      const std::string digest = descriptor.digest.render();
                      auto stored = client_->find_manifest(digest);
                      if (!stored) throw no_such_manifest(digest);
                      return std::move(stored->text);
                    });
}

std::unique_ptr<ByteSource> RemoteIndex::open_blob(const Descriptor& descriptor) const {
  return client_->open_blob(descriptor, "blob");
}

std::vector<Manifest> RemoteIndex::read_referrers(const Digest& subject) const {
  return in_context([&] { return fmt::format("while pulling `{}`", reference()); },
                    [&] { return fetch_referring_manifests(*client_, subject); });
}

}  // namespace kasane::registry
