#include "registry/oci_layout_target.h"

#include <algorithm>

#include <fmt/format.h>

#include "base/error.h"
#include "registry/blob_files.h"
#include "registry/json.h"
#include "registry/layout_document.h"
#include "registry/layout_reader.h"

namespace kasane::registry {
namespace {

constexpr const char* kOurs = ".kasane";

class LayoutBlob final : public TargetBlob {
 public:
  LayoutBlob(FileSystem& files, Path directory, Path staged)
      : files_(files), directory_(std::move(directory)), file_(files, std::move(staged)) {}

  void write(std::string_view bytes) override { file_.write(bytes); }

  Digest commit() override {
    const Digest digest = file_.close();
    // Synced before it has its name: a blob of the right size is a right blob, also after a crash.
    files_.rename(file_.path(), directory_ / blob_path(digest));
    return digest;
  }

 private:
  FileSystem& files_;
  Path directory_;
  StagedFile file_;
};

}  // namespace

OciLayoutTarget::OciLayoutTarget(FileSystem& files, OciLayoutReference reference)
    : files_(files), reference_(std::move(reference)) {}

OciLayoutTarget::~OciLayoutTarget() = default;

std::string OciLayoutTarget::reference() const {
  return ImageReference::oci_layout(reference_.directory, reference_.tag).render();
}

bool OciLayoutTarget::has_blob(const Digest& digest, std::uint64_t size_bytes) {
  const auto status = files_.find_status(reference_.directory / blob_path(digest));
  return status && status->type == FileStatus::Type::kFile && status->size == size_bytes;
}

std::unique_ptr<TargetBlob> OciLayoutTarget::begin_blob() {
  Path staged = prepare().next();
  return std::make_unique<LayoutBlob>(files_, reference_.directory, std::move(staged));
}

std::optional<Manifest> OciLayoutTarget::find_current() {
  if (!files_.find_status(reference_.directory / "oci-layout")) return std::nullopt;
  const LayoutReader layout(std::make_unique<DirectoryFiles>(files_, reference_.directory),
                            reference());
  const auto* entry = layout.find_entry(reference_.tag.value_or("latest"));
  if (entry == nullptr) return std::nullopt;
  if (!media_type::is_manifest(entry->descriptor.media_type)) return std::nullopt;
  return layout.read_manifest(entry->descriptor, std::nullopt);
}

std::vector<KnownLayer> OciLayoutTarget::known_layers() {
  if (!files_.find_status(reference_.directory / "oci-layout")) return {};
  return LayoutReader(std::make_unique<DirectoryFiles>(files_, reference_.directory), reference())
      .known_layers();
}

Staging& OciLayoutTarget::prepare() {
  const std::lock_guard guard(mutex_);
  if (staging_ == nullptr) {
    const Path& root = reference_.directory;
    if (!files_.find_status(root / "oci-layout") && !files_.find_status(root / kOurs) &&
        !files_.list(root).empty()) {
      throw Error(ErrorKind::kRefused,
                  fmt::format("`{}` holds other files and is no OCI image layout", root.native()))
          .hint("name a directory that is empty or not there yet");
    }
    // Safe before anything else is: what a crash leaves here is then known to be ours.
    make_directories_durably(files_, root / kOurs);
    auto staging = std::make_unique<Staging>(files_, root / kOurs, "writer-");
    make_layout(*staging);
    staging_ = std::move(staging);
  }
  return *staging_;
}

void OciLayoutTarget::make_layout(Staging& staging) {
  const Path& root = reference_.directory;
  make_directories_durably(files_, root / "blobs" / "sha256");
  const auto lock = files_.lock(root / kOurs / "lock", LockMode::kExclusive);
  if (!files_.find_status(root / "index.json")) {
    put(staging, "index.json", empty_layout_index());
    files_.sync_directory(root);
  }
  // Last: from here on the directory is a layout.
  if (!files_.find_status(root / "oci-layout")) {
    put(staging, "oci-layout", kLayoutVersionDocument);
    files_.sync_directory(root);
  }
}

void OciLayoutTarget::put(Staging& staging, const Path& name, std::string_view bytes) {
  StagedFile file(files_, staging.next());
  file.write(bytes);
  file.close();
  files_.rename(file.path(), reference_.directory / name);
}

void OciLayoutTarget::put_manifest(const Manifest& manifest) {
  prepare();
  require_blobs(*this, manifest);
  put_text(manifest.text);
}

void OciLayoutTarget::put_text(std::string_view text) {
  const Digest digest = Digest::of(text);
  if (!has_blob(digest, text.size())) put(prepare(), blob_path(digest), text);
  files_.sync_directory(reference_.directory / "blobs" / "sha256");
}

void OciLayoutTarget::add_document(const StoredManifest& document) {
  in_context([&] { return fmt::format("while writing `{}`", reference()); },
             [&] {
               prepare();
               put_text(document.text);
             });
}

void OciLayoutTarget::publish_index(const StoredManifest& index,
                                    const std::vector<std::string>& tags) {
  add_document(index);
  const auto names = all_tags(reference_.tag, tags);
  in_context([&] { return fmt::format("while writing `{}`", reference()); },
             [&] {
               update_index([&](std::string_view text) {
                 return with_tags(text, index.descriptor(), names);
               });
             });
}

void OciLayoutTarget::update_index(const std::function<std::string(std::string_view)>& change) {
  const auto lock = files_.lock(reference_.directory / kOurs / "lock", LockMode::kExclusive);
  const Path path = reference_.directory / "index.json";
  const std::string before = files_.read_text(path, kDocumentLimit);
  const std::string after = change(before);
  if (after == before) return;
  put(prepare(), "index.json", after);
  files_.sync_directory(reference_.directory);
}

void OciLayoutTarget::publish(const Manifest& manifest, const std::vector<std::string>& tags) {
  in_context([&] { return fmt::format("while writing `{}`", reference()); },
             [&] {
               put_manifest(manifest);
               const auto names = all_tags(reference_.tag, tags);
               update_index([&](std::string_view index) {
                 return with_tags(index, manifest.descriptor(), names);
               });
             });
}

bool OciLayoutTarget::publish_referrer(const Manifest& manifest) {
  in_context([&] { return fmt::format("while writing `{}`", reference()); },
             [&] {
               put_manifest(manifest);
               update_index([&](std::string_view index) { return with_referrer(index, manifest); });
             });
  return true;
}

}  // namespace kasane::registry
