#include "registry/docker_archive_target.h"

#include <algorithm>

#include <fmt/format.h>

#include "base/codec.h"
#include "base/error.h"
#include "registry/json.h"
#include "registry/layout_document.h"
#include "registry/layout_reader.h"

namespace kasane::registry {
namespace {

std::unique_ptr<DockerArchiveImage> find_previous(FileSystem& files,
                                                  const DockerArchiveReference& reference) {
  if (!files.find_status(reference.file)) return nullptr;
  try {
    return std::make_unique<DockerArchiveImage>(files, reference, std::nullopt);
  } catch (const Error&) {
    // What is there is going to be replaced: it is only of no use.
    return nullptr;
  }
}

std::string manifest_document(const std::string& config, const std::vector<std::string>& names,
                              const std::vector<std::string>& layers) {
  Json item = Json::object();
  item["Config"] = config;
  item["RepoTags"] = names;
  item["Layers"] = layers;
  return render_json(Json::array({std::move(item)}), "`manifest.json`");
}

}  // namespace

DockerArchiveTarget::DockerArchiveTarget(FileSystem& files, DockerArchiveReference reference)
    : reference_(std::move(reference)),
      stage_(files, reference_.file),
      previous_(find_previous(files, reference_)) {
  if (previous_ == nullptr) return;
  const Manifest& manifest = previous_->manifest();
  previous_blobs_.emplace(manifest.config.digest, manifest.config.size_bytes);
  for (const Descriptor& layer : manifest.layers) {
    previous_blobs_.emplace(layer.digest, layer.size_bytes);
  }
}

std::string DockerArchiveTarget::reference() const {
  return fmt::format("docker-archive:{}{}", reference_.file.native(),
                     reference_.name ? ":" + reference_.name->render() : "");
}

bool DockerArchiveTarget::has_blob(const Digest& digest, std::uint64_t size_bytes) {
  if (stage_.has(digest, size_bytes)) return true;
  const auto found = previous_blobs_.find(digest);
  return found != previous_blobs_.end() && found->second == size_bytes;
}

std::vector<KnownLayer> DockerArchiveTarget::known_layers() {
  std::vector<KnownLayer> out;
  if (previous_) add_known_layers(previous_->manifest(), previous_->config(), out);
  return out;
}

std::vector<std::string> DockerArchiveTarget::names(const std::vector<std::string>& tags) const {
  std::vector<std::string> out;
  if (reference_.name) out.push_back(reference_.name->render());
  for (const std::string& tag : tags) {
    if (!reference_.name) {
      throw Error(ErrorKind::kUsage, fmt::format("the tag `{}` needs a name to belong to", tag))
          .hint(fmt::format("write `{}:NAME:{}`", reference(), tag));
    }
    const std::string name = reference_.name->with_tag(tag).render();
    if (std::find(out.begin(), out.end(), name) == out.end()) out.push_back(name);
  }
  return out;
}

ArchiveMember DockerArchiveTarget::member(const Descriptor& blob) {
  if (auto staged = stage_.find_member(blob.digest)) return std::move(*staged);
  return {blob.size_bytes, [this, blob] { return previous_->open_blob(blob); }, {}};
}

ArchiveMember DockerArchiveTarget::layer_member(const Descriptor& layer, const DiffId& diff_id) {
  ArchiveMember stored = member(layer);
  if (media_type::to_oci(layer.media_type) != media_type::kLayerZstd) return stored;
  const auto compressed = stored.open();
  const auto plain = decompress(Codec::kZstd, *compressed);
  StagedFile file = stage_.make_file();
  copy(*plain, file);
  if (const Digest found = file.close(); found != diff_id.digest()) {
    throw Error(ErrorKind::kIntegrity,
                fmt::format("diff id mismatch for layer `{}`: expected `{}`, got `{}`",
                            layer.digest.render(), diff_id.render(), found.render()));
  }
  if (stored.written) stored.written();
  return stage_.member_of(file);
}

void DockerArchiveTarget::publish(const Manifest& manifest, const std::vector<std::string>& tags) {
  in_context([&] { return fmt::format("while writing `{}`", reference()); },
             [&] {
               const auto repo_tags = names(tags);
               require_blobs(*this, manifest);
               manifest.require_image();
               const auto source = member(manifest.config).open();
               const std::string text = read_all(*source, kDocumentLimit, "the configuration");
               const auto diff_ids = ImageConfig::parse(text).diff_ids();
               if (diff_ids.size() != manifest.layers.size()) {
                 throw Error(
                     ErrorKind::kIntegrity,
                     fmt::format("the manifest has {} layers, the configuration tells of {}",
                                 manifest.layers.size(), diff_ids.size()));
               }
               std::map<std::string, ArchiveMember> members;
               std::vector<std::string> layers;
               for (std::size_t i = 0; i < diff_ids.size(); ++i) {
                 layers.push_back(diff_ids[i].digest().hex() + ".tar");
                 if (!members.contains(layers.back())) {
                   members.emplace(layers.back(), layer_member(manifest.layers[i], diff_ids[i]));
                 }
               }
               const std::string config_name = manifest.config.digest.hex() + ".json";
               members.emplace(config_name, text_member(text));
               members.emplace("manifest.json",
                               text_member(manifest_document(config_name, repo_tags, layers)));
               stage_.write(members);
             });
}

}  // namespace kasane::registry
