#include "registry/remote/remote_image.h"

#include <algorithm>
#include <iterator>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "base/error.h"
#include "registry/image_index.h"
#include "registry/json.h"
#include "registry/layout_image.h"
#include "registry/remote/remote_index.h"

namespace kasane::registry {
namespace {

/// An index may name others; a chain of them ends here.
constexpr int kMostIndexes = 4;

const ImageIndex::Entry& choose(const ImageIndex& index, const std::optional<Platform>& platform) {
  if (platform) return index.choose(*platform);
  const ImageIndex::Entry* only = nullptr;
  for (const ImageIndex::Entry& entry : index.entries) {
    if (!entry.may_be_image) continue;
    if (only != nullptr) {
      throw Error(ErrorKind::kUsage, fmt::format("there are several images, for {}",
                                                 fmt::join(index.platforms(), ", ")))
          .hint("say which one with `--platform`");
    }
    only = &entry;
  }
  if (only == nullptr) throw Error(ErrorKind::kFailed, "the index names no image");
  return *only;
}

std::optional<std::string> find_kept(DocumentStore* documents, const Digest& digest) {
  if (documents == nullptr) return std::nullopt;
  auto text = documents->find(digest);
  return text && Digest::of(*text) == digest ? text : std::nullopt;
}

/// The text of a manifest. A tag is looked up first where its manifest may be kept already.
std::string fetch_text(const Client& client, std::string wanted, DocumentStore* documents) {
  if (documents != nullptr) {
    const bool tag = wanted.find(':') == std::string::npos;
    const auto found = tag ? client.find_descriptor(wanted) : std::nullopt;
    if (tag && !found) throw no_such_manifest(wanted);
    if (tag) wanted = found->digest.render();
    if (auto kept = find_kept(documents, Digest::parse(wanted))) return *std::move(kept);
  }
  auto stored = client.find_manifest(wanted);
  if (!stored) throw no_such_manifest(wanted);
  if (documents != nullptr) documents->keep(stored->text);
  return std::move(stored->text);
}

Manifest fetch_manifest(const Client& client, const std::optional<Platform>& platform,
                        DocumentStore* documents) {
  const RegistryReference& name = client.name();
  std::string wanted = name.digest() ? name.digest()->render() : name.tag().value_or("latest");
  for (int depth = 0; depth <= kMostIndexes; ++depth) {
    std::string text = fetch_text(client, wanted, documents);
    const Json document = parse_object(text, "the manifest");
    if (!document.contains("manifests")) {
      Manifest manifest = Manifest::parse(std::move(text));
      manifest.require_image();
      return manifest;
    }
    wanted = choose(ImageIndex::parse(text), platform).descriptor.digest.render();
  }
  throw Error(ErrorKind::kRefused,
              fmt::format("more than {} indexes name one another", kMostIndexes));
}

template <class Body>
auto while_pulling(const Client& client, Body&& body) {
  return in_context([&] { return fmt::format("while pulling `{}`", client.name().render()); },
                    std::forward<Body>(body));
}

std::string fetch_config(const Client& client, const Manifest& manifest, DocumentStore* documents) {
  if (manifest.config.size_bytes > kDocumentLimit) {
    throw Error(ErrorKind::kRefused,
                fmt::format("the configuration is {} bytes large, more than {} are refused",
                            manifest.config.size_bytes, kDocumentLimit));
  }
  if (auto kept = find_kept(documents, manifest.config.digest)) return *std::move(kept);
  const auto bytes = client.open_blob(manifest.config, "configuration");
  std::string text = read_all(*bytes, kDocumentLimit, "the configuration");
  if (documents != nullptr) documents->keep(text);
  return text;
}

}  // namespace

RemoteImage::RemoteImage(std::unique_ptr<Client> client, const std::optional<Platform>& platform,
                         DocumentStore* documents)
    : client_(std::move(client)),
      manifest_(
          while_pulling(*client_, [&] { return fetch_manifest(*client_, platform, documents); })),
      config_text_(fetch_config(*client_, manifest_, documents)),
      config_(while_pulling(*client_, [&] {
        ImageConfig config = ImageConfig::parse(config_text_);
        check_image(manifest_, config, platform);
        return config;
      })) {}

std::vector<Manifest> RemoteImage::read_referrers() const {
  return while_pulling(*client_,
                       [&] { return fetch_referring_manifests(*client_, manifest_.digest()); });
}

std::unique_ptr<ByteSource> RemoteImage::open_blob(const Descriptor& descriptor) const {
  return client_->open_blob(descriptor, "layer");
}

}  // namespace kasane::registry
