#include "registry/layout_index.h"

#include "registry/media_type.h"

namespace kasane::registry {

std::vector<Manifest> read_referring_manifests(const LayoutReader& layout, const Digest& subject) {
  std::vector<Manifest> out;
  for (const ImageIndex::Entry& entry : layout.index().entries) {
    if (!media_type::is_manifest(entry.descriptor.media_type)) continue;
    if (entry.descriptor.digest == subject) continue;
    Manifest manifest = Manifest::parse(layout.read_text(entry.descriptor, "manifest"));
    if (manifest.subject && manifest.subject->digest == subject) out.push_back(std::move(manifest));
  }
  return out;
}

std::unique_ptr<LayoutIndex> LayoutIndex::find(std::unique_ptr<LayoutReader> layout,
                                               const std::optional<std::string>& tag) {
  const Descriptor entry = layout->require_entry(tag).descriptor;
  if (!media_type::is_index(entry.media_type)) return nullptr;
  StoredManifest index{layout->read_text(entry, "index"), entry.media_type};
  return std::unique_ptr<LayoutIndex>(new LayoutIndex(std::move(layout), std::move(index)));
}

std::string LayoutIndex::read_document(const Descriptor& descriptor) const {
  return layout_->read_text(descriptor, "manifest");
}

std::unique_ptr<ByteSource> LayoutIndex::open_blob(const Descriptor& descriptor) const {
  return layout_->open_blob(descriptor, "blob");
}

std::vector<Manifest> LayoutIndex::read_referrers(const Digest& subject) const {
  return read_referring_manifests(*layout_, subject);
}

}  // namespace kasane::registry
