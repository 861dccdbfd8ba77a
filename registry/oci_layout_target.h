#pragma once

#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/file_system.h"
#include "registry/image_reference.h"
#include "registry/image_target.h"
#include "registry/staging.h"

namespace kasane::registry {

/// Writes into an OCI layout on disk, which is made when it is not there. At every instant the
/// layout is valid for other readers. Other tags, and entries of other tools, are kept; concurrent
/// processes lose nothing of each other's: `index.json` is replaced under `.kasane/lock`. What
/// processes that died have left in `.kasane` is removed. Borrows the file system.
class OciLayoutTarget final : public ImageTarget {
 public:
  /// Touches nothing on disk yet.
  OciLayoutTarget(FileSystem& files, OciLayoutReference reference);
  ~OciLayoutTarget() override;

  std::string reference() const override;
  bool has_blob(const Digest& digest, std::uint64_t size_bytes) override;
  std::unique_ptr<TargetBlob> begin_blob() override;
  std::optional<Manifest> find_current() override;
  std::vector<KnownLayer> known_layers() override;
  void publish(const Manifest& manifest, const std::vector<std::string>& tags) override;
  bool publish_referrer(const Manifest& manifest) override;
  void add_document(const StoredManifest& document) override;
  void publish_index(const StoredManifest& index, const std::vector<std::string>& tags) override;

 private:
  Staging& prepare();
  void make_layout(Staging& staging);
  void put(Staging& staging, const Path& name, std::string_view bytes);
  /// The manifest as a blob; all that it names must be there.
  void put_manifest(const Manifest& manifest);
  void put_text(std::string_view text);
  void update_index(const std::function<std::string(std::string_view)>& change);

  FileSystem& files_;
  OciLayoutReference reference_;
  std::mutex mutex_;
  std::unique_ptr<Staging> staging_;
};

}  // namespace kasane::registry
