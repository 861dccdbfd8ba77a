#include "cache/cache.h"

#include <algorithm>
#include <atomic>

#include <fmt/format.h>

#include "base/error.h"
#include "cache/blob_store.h"
#include "cache/index.h"
#include "cache/layout.h"
#include "cache/lease.h"
#include "cache/upkeep.h"

namespace kasane::cache {
namespace {

class LocalCache final : public Cache {
 public:
  LocalCache(FileSystem& files, const Path& directory, const CacheOptions& options);
  ~LocalCache() override;

  std::unique_ptr<BlobWriter> begin_blob() override { return store_->begin(); }
  std::unique_ptr<PartialBlob> resume_blob(std::string_view name) override;
  std::unique_ptr<ReadableFile> find_blob(const Digest& digest) override;
  std::optional<Outcome> find(const Key& key) override;
  void remember(const Key& key, const Outcome& outcome) override;
  Outcome find_or_make(const Key& key, const std::function<Outcome()>& make) override;
  CacheStatus status() override;
  TrimResult trim(std::uint64_t limit_bytes) override { return upkeep_->trim(limit_bytes); }
  VerifyResult verify() override { return upkeep_->verify(); }

 private:
  std::unique_ptr<FileLock> take_into_use(std::span<const Digest> digests);
  void drop_damaged(const Digest& digest);
  void count_in(const BlobSize& blob);

  FileSystem& files_;
  const Path directory_;
  const CacheOptions options_;
  const Layout layout_;
  std::unique_ptr<FileLock> open_lock_;
  std::optional<Index> index_;
  std::optional<Upkeep> upkeep_;
  std::optional<Lease> lease_;
  std::optional<BlobStore> store_;
  /// Set once locks were made that nobody needs later.
  std::atomic<bool> leaves_locks_ = false;
  /// Above the limit when blobs in use kept an eviction from reaching it.
  std::atomic<std::uint64_t> evict_above_;
};

LocalCache::LocalCache(FileSystem& files, const Path& directory, const CacheOptions& options)
    : files_(files),
      directory_(directory),
      options_(options),
      layout_(directory),
      evict_above_(options.size_limit_bytes) {
  layout_.create(files_, directory_);
  auto alone = files_.try_lock(layout_.open_lock, LockMode::kExclusive);
  if (alone == nullptr) open_lock_ = files_.lock(layout_.open_lock, LockMode::kShared);
  index_.emplace(options_.index_directory.value_or(layout_.root),
                 [this] { return BlobStore::list(files_, layout_); });
  upkeep_.emplace(files_, layout_, *index_);
  if (alone != nullptr) {
    upkeep_->tidy();
    alone.reset();
    open_lock_ = files_.lock(layout_.open_lock, LockMode::kShared);
  }
  lease_.emplace(files_, layout_);
  store_.emplace(files_, layout_, *lease_, [this](const BlobSize& blob) { count_in(blob); });
}

LocalCache::~LocalCache() {
  try {
    store_->sync_names();
    lease_.reset();
    open_lock_.reset();
    if (!leaves_locks_) return;
    const auto alone = files_.try_lock(layout_.open_lock, LockMode::kExclusive);
    if (alone != nullptr) upkeep_->tidy();
  } catch (const Error&) {
    // All this can be made up for by whoever opens the cache next.
  }
}

std::unique_ptr<FileLock> LocalCache::take_into_use(std::span<const Digest> digests) {
  if (lease_->uses_all(digests)) return nullptr;
  auto guard = lease_->hold_off_eviction();
  lease_->use(digests);
  return guard;
}

/// The file is not as it was written, so it cannot have its digest.
void LocalCache::drop_damaged(const Digest& digest) {
  store_->remove(digest);
  index_->drop_blobs({&digest, 1});
}

void LocalCache::count_in(const BlobSize& blob) {
  index_->add_blob(blob);
  if (index_->count_bytes() <= evict_above_) return;
  // A tenth below the limit, so that not each blob from here on evicts another.
  const std::uint64_t limit = options_.size_limit_bytes;
  if (!upkeep_->trim_unless_busy(limit - limit / 10)) return;
  evict_above_ = std::max(limit, index_->count_bytes() + limit / 10);
}

std::unique_ptr<PartialBlob> LocalCache::resume_blob(std::string_view name) {
  leaves_locks_ = true;
  return store_->resume(name);
}

std::unique_ptr<ReadableFile> LocalCache::find_blob(const Digest& digest) {
  const auto guard = take_into_use({&digest, 1});
  auto file = store_->find_file(digest);
  if (file == nullptr) return nullptr;
  const auto size = index_->find_size(digest);
  if (size && *size != file->size()) {
    drop_damaged(digest);
    return nullptr;
  }
  return file;
}

std::optional<Outcome> LocalCache::find(const Key& key) {
  auto row = index_->find(key);
  if (!row) return std::nullopt;
  const std::vector<Digest>& blobs = row->outcome.blobs;
  const auto guard = take_into_use(blobs);
  bool whole = true;
  for (std::size_t i = 0; i < blobs.size(); ++i) {
    const auto size = store_->find_size(blobs[i]);
    if (size && *size != row->sizes[i]) drop_damaged(blobs[i]);
    whole = whole && size == row->sizes[i];
  }
  if (!whole) return std::nullopt;
  return std::move(row->outcome);
}

void LocalCache::remember(const Key& key, const Outcome& outcome) {
  Index::Remembered row{outcome, {}};
  {
    const auto guard = take_into_use(outcome.blobs);
    for (const Digest& digest : outcome.blobs) {
      const auto size = store_->find_size(digest);
      if (!size) {
        throw Error(ErrorKind::kFailed,
                    fmt::format("cannot remember `{}`: its blob `{}` is not in the cache",
                                key.render(), digest.render()));
      }
      row.sizes.push_back(*size);
    }
  }
  index_->remember(key, row);
}

Outcome LocalCache::find_or_make(const Key& key, const std::function<Outcome()>& make) {
  if (auto found = find(key)) return *std::move(found);
  leaves_locks_ = true;
  const auto lock = files_.lock(layout_.locks / key.render(), LockMode::kExclusive);
  if (auto found = find(key)) return *std::move(found);
  Outcome made = make();
  remember(key, made);
  return made;
}

CacheStatus LocalCache::status() {
  CacheStatus status;
  status.path = layout_.root;
  status.version = Layout::kVersion;
  status.size_limit_bytes = options_.size_limit_bytes;
  for (const BlobSize& blob : BlobStore::list(files_, layout_)) {
    ++status.blobs;
    status.bytes += blob.size_bytes;
  }
  status.outcomes = index_->count_outcomes();
  status.partial_bytes = upkeep_->partial_bytes();
  return status;
}

}  // namespace

std::unique_ptr<Cache> open_cache(FileSystem& files, const Path& directory,
                                  const CacheOptions& options) {
  try {
    return std::make_unique<LocalCache>(files, directory, options);
  } catch (Error& error) {
    error.add_context(fmt::format("while opening the cache `{}`", directory.native()));
    if (error.kind() == ErrorKind::kFailed && error.hint_text().empty()) {
      throw std::move(error).hint("choose a writable directory with `KASANE_CACHE_DIR`");
    }
    throw;
  }
}

}  // namespace kasane::cache
