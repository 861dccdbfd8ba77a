#include "registry/layout_reader.h"

#include <algorithm>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "base/error.h"
#include "registry/json.h"
#include "registry/media_type.h"
#include "registry/verifying_source.h"

namespace kasane::registry {
namespace {

/// Nested deeper than this, an index is one that leads in a circle or means harm.
constexpr int kNestingLimit = 8;

std::string read_small(const BlobFiles& files, std::string_view name) {
  auto file = files.find(name);
  if (file == nullptr) {
    throw Error(ErrorKind::kFailed, fmt::format("not an OCI image layout: it has no `{}`", name));
  }
  const auto source = read_whole(std::move(file));
  return read_all(*source, kDocumentLimit, fmt::format("`{}`", name));
}

void check_version(std::string_view text) {
  const Json document = parse_object(text, "`oci-layout`");
  const std::string version = require_string(document, "imageLayoutVersion", "`oci-layout`");
  if (version != "1.0.0" && !version.starts_with("1.")) {
    throw Error(ErrorKind::kRefused,
                fmt::format("expected an OCI image layout of version `1.0.0`, got `{}`", version));
  }
}

std::string list_tags(const ImageIndex& index) {
  std::vector<std::string> names;
  for (const auto& entry : index.entries) {
    if (const auto name = entry.ref_name()) names.push_back("`" + *name + "`");
  }
  std::sort(names.begin(), names.end());
  names.erase(std::unique(names.begin(), names.end()), names.end());
  constexpr std::size_t kShown = 20;
  const std::size_t more = names.size() > kShown ? names.size() - kShown : 0;
  names.resize(names.size() - more);
  std::string out = names.empty() ? "none" : fmt::format("{}", fmt::join(names, ", "));
  return more == 0 ? out : fmt::format("{} and {} more", out, more);
}

}  // namespace

std::string blob_path(const Digest& digest) { return "blobs/sha256/" + digest.hex(); }

LayoutReader::LayoutReader(std::unique_ptr<BlobFiles> files, std::string reference)
    : files_(std::move(files)), reference_(std::move(reference)) {
  in_context([&] { return fmt::format("while reading `{}`", reference_); },
             [&] {
               check_version(read_small(*files_, "oci-layout"));
               index_ = ImageIndex::parse(read_small(*files_, "index.json"), "`index.json`");
             });
}

const ImageIndex::Entry* LayoutReader::find_entry(const std::optional<std::string>& tag) const {
  const ImageIndex::Entry* found = nullptr;
  for (const auto& entry : index_.entries) {
    if (!entry.may_be_image || (tag && entry.ref_name() != tag)) continue;
    if (found != nullptr && found->descriptor.digest != entry.descriptor.digest) {
      throw Error(ErrorKind::kFailed,
                  tag ? fmt::format("the tag `{}` names several images in `{}`", *tag, reference_)
                      : fmt::format("`{}` holds several images; its tags are {}", reference_,
                                    list_tags(index_)))
          .hint("add the tag: `oci:DIR:TAG`");
    }
    found = &entry;
  }
  return found;
}

const ImageIndex::Entry& LayoutReader::require_entry(const std::optional<std::string>& tag) const {
  if (const auto* entry = find_entry(tag)) return *entry;
  throw Error(ErrorKind::kFailed,
              tag ? fmt::format("no image is called `{}` in `{}`; its tags are {}", *tag,
                                reference_, list_tags(index_))
                  : fmt::format("`{}` holds no image", reference_));
}

Manifest LayoutReader::read_manifest(const Descriptor& entry,
                                     const std::optional<Platform>& platform) const {
  Descriptor at = entry;
  for (int depth = 0; media_type::is_index(at.media_type); ++depth) {
    if (depth == kNestingLimit) {
      throw Error(ErrorKind::kRefused, fmt::format("indexes in `{}` are nested more than {} deep",
                                                   reference_, kNestingLimit));
    }
    const std::string text = read_text(at, "index");
    const auto index = in_context([&] { return fmt::format("while reading `{}`", reference_); },
                                  [&] { return ImageIndex::parse(text); });
    const bool single = std::count_if(index.entries.begin(), index.entries.end(),
                                      [](const auto& item) { return item.may_be_image; }) == 1;
    if (!platform && !single) {
      throw Error(ErrorKind::kUsage, fmt::format("`{}` is for several platforms: {}", reference_,
                                                 fmt::join(index.platforms(), ", ")))
          .hint("choose one with `--platform`");
    }
    const auto& chosen =
        platform ? in_context([&] { return fmt::format("while reading `{}`", reference_); },
                              [&]() -> const ImageIndex::Entry& { return index.choose(*platform); })
                 : *std::find_if(index.entries.begin(), index.entries.end(),
                                 [](const auto& item) { return item.may_be_image; });
    at = chosen.descriptor;
  }
  std::string text = read_text(at, "manifest");
  return in_context([&] { return fmt::format("while reading `{}`", reference_); },
                    [&] { return Manifest::parse(std::move(text)); });
}

std::unique_ptr<ByteSource> LayoutReader::open_blob(const Descriptor& descriptor,
                                                    std::string what) const {
  auto file = files_->find(blob_path(descriptor.digest));
  if (file == nullptr) {
    throw Error(ErrorKind::kIntegrity,
                fmt::format("{} `{}` is missing", what, descriptor.digest.render()))
        .context(fmt::format("while reading `{}`", reference_));
  }
  if (file->size() != descriptor.size_bytes) {
    throw Error(ErrorKind::kIntegrity,
                fmt::format("size mismatch for {} `{}`: expected {} bytes, got {}", what,
                            descriptor.digest.render(), descriptor.size_bytes, file->size()))
        .context(fmt::format("while reading `{}`", reference_));
  }
  return std::make_unique<VerifyingSource>(read_whole(std::move(file)), descriptor, std::move(what),
                                           fmt::format("while reading `{}`", reference_));
}

bool LayoutReader::has_blob(const Digest& digest, std::uint64_t size_bytes) const {
  const auto file = files_->find(blob_path(digest));
  return file != nullptr && file->size() == size_bytes;
}

std::string LayoutReader::read_text(const Descriptor& descriptor, std::string_view what) const {
  if (descriptor.size_bytes > kDocumentLimit) {
    throw Error(ErrorKind::kRefused,
                fmt::format("{} `{}` is {} bytes large, more than {} are refused", what,
                            descriptor.digest.render(), descriptor.size_bytes, kDocumentLimit));
  }
  const auto source = open_blob(descriptor, std::string(what));
  return read_all(*source, kDocumentLimit, what);
}

void add_known_layers(const Manifest& manifest, const ImageConfig& config,
                      std::vector<KnownLayer>& out) {
  const auto diff_ids = config.diff_ids();
  if (diff_ids.size() != manifest.layers.size()) return;
  for (std::size_t i = 0; i < diff_ids.size(); ++i) {
    out.push_back({manifest.layers[i], diff_ids[i]});
  }
}

void LayoutReader::collect_layers(const ImageIndex& index, std::set<Digest>& seen,
                                  std::vector<KnownLayer>& out) const {
  for (const auto& entry : index.entries) {
    if (!entry.may_be_image || !seen.insert(entry.descriptor.digest).second) continue;
    try {
      if (media_type::is_index(entry.descriptor.media_type)) {
        collect_layers(ImageIndex::parse(read_text(entry.descriptor, "index")), seen, out);
        continue;
      }
      const Manifest manifest = Manifest::parse(read_text(entry.descriptor, "manifest"));
      manifest.require_image();
      add_known_layers(manifest, ImageConfig::parse(read_text(manifest.config, "configuration")),
                       out);
    } catch (const Error&) {
      // What is known here only saves work: another tool's broken entry must not stop a build.
      continue;
    }
  }
}

std::vector<KnownLayer> LayoutReader::known_layers() const {
  std::vector<KnownLayer> out;
  std::set<Digest> seen;
  collect_layers(index_, seen, out);
  std::stable_sort(out.begin(), out.end(), [](const KnownLayer& left, const KnownLayer& right) {
    return left.descriptor.digest < right.descriptor.digest;
  });
  out.erase(std::unique(out.begin(), out.end(),
                        [](const KnownLayer& left, const KnownLayer& right) {
                          return left.descriptor.digest == right.descriptor.digest;
                        }),
            out.end());
  return out;
}

}  // namespace kasane::registry
