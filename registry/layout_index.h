#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "registry/index_source.h"
#include "registry/layout_reader.h"

namespace kasane::registry {

/// An index of an OCI layout, in a directory or an archive. Thread-safe.
class LayoutIndex final : public IndexSource {
 public:
  /// What `tag` names, or the only entry; nullptr when that is a single manifest.
  static std::unique_ptr<LayoutIndex> find(std::unique_ptr<LayoutReader> layout,
                                           const std::optional<std::string>& tag);

  std::string reference() const override { return layout_->reference(); }
  const StoredManifest& index() const override { return index_; }
  std::string read_document(const Descriptor& descriptor) const override;
  std::unique_ptr<ByteSource> open_blob(const Descriptor& descriptor) const override;
  std::vector<Manifest> read_referrers(const Digest& subject) const override;

 private:
  LayoutIndex(std::unique_ptr<LayoutReader> layout, StoredManifest index)
      : layout_(std::move(layout)), index_(std::move(index)) {}

  std::unique_ptr<LayoutReader> layout_;
  StoredManifest index_;
};

/// The manifests of a layout that hang on another one.
std::vector<Manifest> read_referring_manifests(const LayoutReader& layout, const Digest& subject);

}  // namespace kasane::registry
