#include "cache/blob_store.h"

#include <string>

#include <fmt/format.h>

#include "cache/blob_writer.h"
#include "cache/partial_blob.h"

namespace kasane::cache {
namespace {

/// A name that is lost in a crash costs making its blob again; syncing the directory for each
/// single blob would cost as much as syncing the blob.
constexpr unsigned kNamesPerSync = 32;

}  // namespace

std::optional<std::uint64_t> BlobStore::find_size(FileSystem& files, const Layout& layout,
                                                  const Digest& digest) {
  const auto status = files.find_status(layout.blobs / digest.hex());
  if (!status || status->type != FileStatus::Type::kFile) return std::nullopt;
  return status->size;
}

std::vector<BlobSize> BlobStore::list(FileSystem& files, const Layout& layout) {
  std::vector<BlobSize> blobs;
  for (const std::string& name : files.list(layout.blobs)) {
    const auto digest = Digest::find_hex(name);
    if (!digest) continue;
    if (const auto size = find_size(files, layout, *digest)) blobs.push_back({*digest, *size});
  }
  return blobs;
}

std::unique_ptr<BlobWriter> BlobStore::begin() {
  const Path path = layout_.temporaries / fmt::format("{}.{}", lease_.name(), lease_.next_number());
  return std::make_unique<FileBlobWriter>(files_, *this, path);
}

std::unique_ptr<PartialBlob> BlobStore::resume(std::string_view name) {
  const std::string id = Digest::of(name).hex();
  auto lock = files_.lock(layout_.locks / ("partial-" + id), LockMode::kExclusive);
  return std::make_unique<FilePartialBlob>(files_, *this, std::move(lock), layout_.partials / id,
                                           std::string(name));
}

std::unique_ptr<ReadableFile> BlobStore::find_file(const Digest& digest) const {
  return files_.find_file(path(digest));
}

void BlobStore::publish(const Path& temporary, const BlobSize& blob) {
  {
    const auto guard = lease_.hold_off_eviction();
    lease_.use({&blob.digest, 1});
    if (find_size(blob.digest) == blob.size_bytes) {
      files_.remove(temporary);
    } else {
      files_.rename(temporary, path(blob.digest));
    }
  }
  if (++unsynced_names_ >= kNamesPerSync) sync_names();
  committed_(blob);
}

void BlobStore::sync_names() {
  if (unsynced_names_.exchange(0) > 0) files_.sync_directory(layout_.blobs);
}

}  // namespace kasane::cache
