#include "registry/docker_archive_image.h"

#include <algorithm>
#include <array>
#include <set>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "base/codec.h"
#include "base/error.h"
#include "registry/json.h"
#include "registry/layout_image.h"
#include "registry/verifying_source.h"

namespace kasane::registry {
namespace {

constexpr std::string_view kWhat = "`manifest.json`";

std::vector<std::string> string_list(const Json& object, const char* key) {
  std::vector<std::string> out;
  const auto found = object.find(key);
  if (found == object.end() || found->is_null()) return out;
  if (!found->is_array()) {
    throw Error(ErrorKind::kIntegrity, fmt::format("{} has a `{}` that is no array", kWhat, key));
  }
  for (const Json& item : *found) {
    if (!item.is_string()) {
      throw Error(ErrorKind::kIntegrity,
                  fmt::format("{} has a `{}` with an entry that is no string", kWhat, key));
    }
    out.push_back(item.get<std::string>());
  }
  return out;
}

/// Whether a tag of the archive, in whatever form it was saved, is the wanted name.
bool is_named(const std::string& tag, const RegistryReference& wanted) {
  try {
    return RegistryReference::parse(tag) == wanted;
  } catch (const Error&) {
    return false;
  }
}

/// The digest that a path tells: `<hex>.json`, `blobs/sha256/<hex>`.
std::optional<Digest> digest_in(std::string_view path) {
  const std::size_t slash = path.rfind('/');
  std::string_view name = slash == std::string_view::npos ? path : path.substr(slash + 1);
  if (name.ends_with(".json")) name.remove_suffix(5);
  return Digest::find_hex(name);
}

Digest hash(const ReadableFile& file) {
  Sha256Hasher hasher;
  FileSource source(file);
  std::vector<char> buffer(std::size_t{1} << 18);
  while (const std::size_t n = source.read(buffer)) {
    hasher.update(std::string_view(buffer.data(), n));
  }
  return hasher.finish();
}

Codec codec_of(const ReadableFile& file) {
  std::array<char, 4> magic{};
  const std::size_t n = file.read_at(0, magic);
  return detect_codec(std::string_view(magic.data(), n));
}

std::unique_ptr<BlobFiles> open_archive(FileSystem& files, const Path& path) {
  return std::make_unique<ArchiveFiles>(files.open_file(path), path.native());
}

}  // namespace

DockerArchiveImage::DockerArchiveImage(FileSystem& files, const DockerArchiveReference& reference,
                                       const std::optional<Platform>& platform)
    : reference_(fmt::format("docker-archive:{}{}", reference.file.native(),
                             reference.name ? ":" + reference.name->render() : "")),
      files_(open_archive(files, reference.file)),
      item_(choose(reference.name)),
      config_text_(read_config_text()),
      config_(in_context([&] { return fmt::format("while reading `{}`", reference_); },
                         [&] { return ImageConfig::parse(config_text_); })),
      manifest_(make_manifest()) {
  in_context([&] { return fmt::format("while reading `{}`", reference_); },
             [&] { check_image(manifest_, config_, platform); });
}

std::vector<DockerArchiveImage::Item> DockerArchiveImage::read_items() const {
  auto file = files_->find("manifest.json");
  if (file == nullptr) {
    auto error = Error(ErrorKind::kFailed, "not a Docker archive: it has no `manifest.json`");
    if (files_->find("oci-layout") == nullptr) throw error;
    throw std::move(error).hint("write `oci-archive:` in place of `docker-archive:`");
  }
  const auto source = read_whole(std::move(file));
  const Json document = parse_document(read_all(*source, kDocumentLimit, kWhat), kWhat);
  if (!document.is_array()) {
    throw Error(ErrorKind::kIntegrity,
                fmt::format("{} is a JSON {}, expected an array", kWhat, document.type_name()));
  }
  std::vector<Item> out;
  for (const Json& item : document) {
    if (!item.is_object()) {
      throw Error(ErrorKind::kIntegrity, fmt::format("{} has an entry that is no object", kWhat));
    }
    refuse_other_case(item, {"Config", "RepoTags", "Layers"}, kWhat);
    out.push_back({require_string(item, "Config", kWhat), string_list(item, "RepoTags"),
                   string_list(item, "Layers")});
  }
  return out;
}

DockerArchiveImage::Item DockerArchiveImage::choose(
    const std::optional<RegistryReference>& name) const {
  return in_context(
      [&] { return fmt::format("while reading `{}`", reference_); },
      [&] {
        const auto items = read_items();
        std::set<std::string> tags;
        std::vector<const Item*> chosen;
        for (const Item& item : items) {
          for (const std::string& tag : item.tags) tags.insert("`" + tag + "`");
          if (!name || std::any_of(item.tags.begin(), item.tags.end(),
                                   [&](const auto& tag) { return is_named(tag, *name); })) {
            chosen.push_back(&item);
          }
        }
        const std::string known = tags.empty() ? "none" : fmt::format("{}", fmt::join(tags, ", "));
        if (chosen.empty()) {
          throw Error(
              ErrorKind::kFailed,
              name ? fmt::format("no image is called `{}`; the names are {}", name->render(), known)
                   : std::string("the archive holds no image"));
        }
        if (chosen.size() > 1) {
          throw Error(ErrorKind::kFailed,
                      fmt::format("the archive holds several images; their names are {}", known))
              .hint("add the name: `docker-archive:FILE:NAME:TAG`");
        }
        return *chosen.front();
      });
}

std::string DockerArchiveImage::read_config_text() const {
  return in_context([&] { return fmt::format("while reading `{}`", reference_); },
                    [&] {
                      auto file = files_->find(item_.config);
                      if (file == nullptr) {
                        throw Error(ErrorKind::kIntegrity,
                                    fmt::format("the configuration `{}` is missing", item_.config));
                      }
                      const auto source = read_whole(std::move(file));
                      std::string text = read_all(*source, kDocumentLimit, "the configuration");
                      const auto stated = digest_in(item_.config);
                      if (stated && *stated != Digest::of(text)) {
                        throw Error(ErrorKind::kIntegrity,
                                    fmt::format("digest mismatch for configuration `{}`: got `{}`",
                                                stated->render(), Digest::of(text).render()));
                      }
                      return text;
                    });
}

Descriptor DockerArchiveImage::describe_layer(const std::string& path,
                                              const DiffId& diff_id) const {
  const auto file = files_->find(path);
  if (file == nullptr) {
    throw Error(ErrorKind::kIntegrity, fmt::format("the layer `{}` is missing", path));
  }
  const auto described = [&](std::string_view type) {
    // Only in a layout's folder is a file named by its own bytes; elsewhere by what is in them.
    const auto stated = path.starts_with("blobs/sha256/") ? digest_in(path) : std::nullopt;
    return Descriptor{std::string(type), stated ? *stated : hash(*file), file->size(), {}};
  };
  switch (codec_of(*file)) {
    case Codec::kNone:
      return {std::string(media_type::kLayerTar), diff_id.digest(), file->size(), {}};
    case Codec::kGzip:
      return described(media_type::kLayerGzip);
    case Codec::kZstd:
      return described(media_type::kLayerZstd);
    case Codec::kBzip2:
      break;
  }
  throw Error(ErrorKind::kRefused,
              fmt::format("the layer `{}` is compressed by bzip2, which images cannot hold", path));
}

Manifest DockerArchiveImage::make_manifest() {
  return in_context(
      [&] { return fmt::format("while reading `{}`", reference_); },
      [&] {
        const auto diff_ids = config_.diff_ids();
        if (diff_ids.size() != item_.layers.size()) {
          throw Error(ErrorKind::kIntegrity,
                      fmt::format("{} has {} layers, the configuration tells of {}", kWhat,
                                  item_.layers.size(), diff_ids.size()));
        }
        std::vector<Descriptor> layers;
        for (std::size_t i = 0; i < diff_ids.size(); ++i) {
          layers.push_back(describe_layer(item_.layers[i], diff_ids[i]));
          paths_[layers.back().digest] = item_.layers[i];
        }
        const Descriptor config{
            std::string(media_type::kConfig), Digest::of(config_text_), config_text_.size(), {}};
        paths_[config.digest] = item_.config;
        return Manifest::make(config, std::move(layers), {});
      });
}

std::unique_ptr<ByteSource> DockerArchiveImage::open_blob(const Descriptor& descriptor) const {
  const auto found = paths_.find(descriptor.digest);
  auto file = found == paths_.end() ? nullptr : files_->find(found->second);
  if (file == nullptr) {
    throw Error(ErrorKind::kIntegrity,
                fmt::format("layer `{}` is missing", descriptor.digest.render()))
        .context(fmt::format("while reading `{}`", reference_));
  }
  return std::make_unique<VerifyingSource>(read_whole(std::move(file)), descriptor, "layer",
                                           fmt::format("while reading `{}`", reference_));
}

}  // namespace kasane::registry
