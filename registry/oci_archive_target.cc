#include "registry/oci_archive_target.h"

#include <fmt/format.h>

#include "base/error.h"
#include "registry/layout_document.h"

namespace kasane::registry {
namespace {

std::string render(const OciArchiveReference& reference) {
  const std::string path = reference.file.native();
  return reference.tag ? fmt::format("oci-archive:{}:{}", path, *reference.tag)
                       : fmt::format("oci-archive:{}", path);
}

/// What is there is going to be replaced: when it cannot be read, it is only of no use.
std::unique_ptr<LayoutReader> find_previous(FileSystem& files,
                                            const OciArchiveReference& reference) {
  try {
    std::shared_ptr<const ReadableFile> file = files.find_file(reference.file);
    if (file == nullptr) return nullptr;
    return std::make_unique<LayoutReader>(
        std::make_unique<ArchiveFiles>(std::move(file), reference.file.native()),
        render(reference));
  } catch (const Error& error) {
    if (error.kind() == ErrorKind::kFailed) throw;
    return nullptr;
  }
}

}  // namespace

OciArchiveTarget::OciArchiveTarget(FileSystem& files, OciArchiveReference reference)
    : reference_(std::move(reference)),
      stage_(files, reference_.file),
      previous_(find_previous(files, reference_)) {}

std::string OciArchiveTarget::reference() const { return render(reference_); }

bool OciArchiveTarget::has_blob(const Digest& digest, std::uint64_t size_bytes) {
  return stage_.has(digest, size_bytes) || (previous_ && previous_->has_blob(digest, size_bytes));
}

std::optional<Manifest> OciArchiveTarget::find_current() {
  if (previous_ == nullptr) return std::nullopt;
  const auto* entry = previous_->find_entry(reference_.tag.value_or("latest"));
  if (entry == nullptr || !media_type::is_manifest(entry->descriptor.media_type)) {
    return std::nullopt;
  }
  return previous_->read_manifest(entry->descriptor, std::nullopt);
}

std::vector<KnownLayer> OciArchiveTarget::known_layers() {
  return previous_ ? previous_->known_layers() : std::vector<KnownLayer>();
}

ArchiveMember OciArchiveTarget::member(const Descriptor& blob) {
  if (auto staged = stage_.find_member(blob.digest)) return std::move(*staged);
  return {blob.size_bytes, [this, blob] { return previous_->open_blob(blob, "blob"); }, {}};
}

void OciArchiveTarget::add_members(const Manifest& manifest,
                                   std::map<std::string, ArchiveMember>& members) {
  members.emplace(blob_path(manifest.digest()), text_member(manifest.text));
  members.emplace(blob_path(manifest.config.digest), member(manifest.config));
  for (const Descriptor& layer : manifest.layers) {
    members.emplace(blob_path(layer.digest), member(layer));
  }
}

void OciArchiveTarget::publish(const Manifest& manifest, const std::vector<std::string>& tags) {
  in_context([&] { return fmt::format("while writing `{}`", reference()); },
             [&] {
               require_blobs(*this, manifest);
               std::map<std::string, ArchiveMember> members;
               add_members(manifest, members);
               write(manifest.descriptor(), tags, std::move(members));
             });
}

void OciArchiveTarget::publish_index(const StoredManifest& index,
                                     const std::vector<std::string>& tags) {
  in_context([&] { return fmt::format("while writing `{}`", reference()); },
             [&] {
               std::map<std::string, ArchiveMember> members;
               documents_.push_back(index);
               for (const StoredManifest& document : documents_) {
                 if (media_type::is_index(document.media_type)) {
                   members.emplace(blob_path(Digest::of(document.text)),
                                   text_member(document.text));
                 } else {
                   add_members(Manifest::parse(document.text), members);
                 }
               }
               write(index.descriptor(), tags, std::move(members));
             });
}

void OciArchiveTarget::write(const Descriptor& named, const std::vector<std::string>& tags,
                             std::map<std::string, ArchiveMember> members) {
  members.emplace("oci-layout", text_member(std::string(kLayoutVersionDocument)));
  std::string index = with_tags(empty_layout_index(), named, all_tags(reference_.tag, tags));
  for (const Manifest& referrer : referrers_) {
    index = with_referrer(index, referrer);
    add_members(referrer, members);
  }
  members.emplace("index.json", text_member(std::move(index)));
  stage_.write(members);
}

void OciArchiveTarget::add_document(const StoredManifest& document) {
  documents_.push_back(document);
}

bool OciArchiveTarget::publish_referrer(const Manifest& manifest) {
  require_blobs(*this, manifest);
  referrers_.push_back(manifest);
  return true;
}

}  // namespace kasane::registry
