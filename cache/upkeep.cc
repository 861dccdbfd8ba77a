#include "cache/upkeep.h"

#include <algorithm>
#include <mutex>
#include <numeric>
#include <string>
#include <utility>
#include <vector>

#include "base/error.h"
#include "base/parallel.h"
#include "cache/blob_store.h"

namespace kasane::cache {
namespace {

/// How many blobs are removed while everybody else waits to take some into use.
constexpr std::size_t kRemovedAtOnce = 128;
/// Records of ended leases may pile up to here before they are gathered.
constexpr std::size_t kEndedLeases = 64;

std::uint64_t total_size(const std::vector<BlobSize>& blobs) {
  return std::accumulate(
      blobs.begin(), blobs.end(), std::uint64_t{0},
      [](std::uint64_t sum, const BlobSize& blob) { return sum + blob.size_bytes; });
}

class HashingSink final : public ByteSink {
 public:
  void write(std::string_view bytes) override { hasher.update(bytes); }
  Sha256Hasher hasher;
};

}  // namespace

bool Upkeep::is_there(const Digest& digest) {
  return BlobStore::find_size(files_, layout_, digest).has_value();
}

LeaseBook Upkeep::gather_leases() {
  const auto guard = files_.lock(layout_.use_lock, LockMode::kExclusive);
  LeaseBook book = LeaseBook::read(files_, layout_);
  if (!book.used_before.empty()) index_.mark_used(book.used_before);
  for (const std::string& name : book.ended) files_.remove(layout_.leases / name);
  return book;
}

void Upkeep::tidy() {
  for (const Path& directory : {layout_.temporaries, layout_.locks}) {
    for (const std::string& name : files_.list(directory)) files_.remove(directory / name);
  }
  index_.remove_abandoned();
  if (files_.list(layout_.leases).size() > kEndedLeases) gather_leases();
}

TrimResult Upkeep::trim(std::uint64_t limit_bytes) {
  const auto lock = files_.lock(layout_.evict_lock, LockMode::kExclusive);
  return evict(limit_bytes);
}

std::optional<TrimResult> Upkeep::trim_unless_busy(std::uint64_t goal_bytes) {
  const auto lock = files_.try_lock(layout_.evict_lock, LockMode::kExclusive);
  if (lock == nullptr) return std::nullopt;
  return evict(goal_bytes);
}

TrimResult Upkeep::evict(std::uint64_t goal_bytes) {
  gather_leases();
  std::vector<BlobSize> blobs = BlobStore::list(files_, layout_);
  std::uint64_t total = total_size(blobs);
  if (total + partial_bytes() > goal_bytes) {
    remove_stale_temporaries();
    remove_idle_partials();
  }
  TrimResult result;
  blobs = index_.by_last_use(std::move(blobs));
  std::vector<BlobSize> kept;
  for (std::size_t i = 0; i < blobs.size() && total > goal_bytes;) {
    const auto guard = files_.lock(layout_.use_lock, LockMode::kExclusive);
    const LeaseBook book = LeaseBook::read(files_, layout_);
    const std::size_t end = std::min(blobs.size(), i + kRemovedAtOnce);
    for (; i < end && total > goal_bytes; ++i) {
      if (book.in_use.contains(blobs[i].digest)) {
        result.kept_in_use_bytes += blobs[i].size_bytes;
        continue;
      }
      if (!files_.remove(layout_.blobs / blobs[i].digest.hex())) continue;
      total -= blobs[i].size_bytes;
      result.freed_bytes += blobs[i].size_bytes;
      ++result.removed_blobs;
    }
  }
  if (total <= goal_bytes) result.kept_in_use_bytes = 0;
  const auto is_there = [this](const Digest& digest) { return this->is_there(digest); };
  index_.reconcile(BlobStore::list(files_, layout_), is_there);
  return result;
}

VerifyResult Upkeep::verify() {
  const auto lock = files_.lock(layout_.evict_lock, LockMode::kExclusive);
  remove_stale_temporaries();
  gather_leases();
  const std::vector<BlobSize> blobs = BlobStore::list(files_, layout_);
  VerifyResult result;
  std::mutex mutex;
  parallel_for(blobs.size(), available_processors(), [&](std::size_t i) {
    const Path path = layout_.blobs / blobs[i].digest.hex();
    const auto file = files_.find_file(path);
    if (file == nullptr) return;
    FileSource source(*file);
    HashingSink sink;
    copy(source, sink);
    const bool damaged = sink.hasher.finish() != blobs[i].digest;
    if (damaged) files_.remove(path);
    const std::lock_guard guard(mutex);
    ++result.checked_blobs;
    if (damaged) result.damaged.push_back(blobs[i].digest);
  });
  std::sort(result.damaged.begin(), result.damaged.end());
  files_.sync_directory(layout_.blobs);
  const auto is_there = [this](const Digest& digest) { return this->is_there(digest); };
  result.dropped_outcomes = index_.reconcile(BlobStore::list(files_, layout_), is_there);
  return result;
}

std::uint64_t Upkeep::partial_bytes() {
  std::uint64_t total = 0;
  for (const Path& directory : {layout_.temporaries, layout_.partials}) {
    for (const std::string& name : files_.list(directory)) {
      if (const auto status = files_.find_status(directory / name)) total += status->size;
    }
  }
  return total;
}

void Upkeep::remove_stale_temporaries() {
  // Listed first: a temporary that was there then belongs to a lease from before.
  const std::vector<std::string> names = files_.list(layout_.temporaries);
  if (names.empty()) return;
  const LeaseBook book = gather_leases();
  for (const std::string& name : names) {
    if (!book.live.contains(name.substr(0, name.find('.')))) {
      files_.remove(layout_.temporaries / name);
    }
  }
}

void Upkeep::remove_idle_partials() {
  for (const std::string& name : files_.list(layout_.partials)) {
    if (files_.try_lock(layout_.locks / ("partial-" + name), LockMode::kExclusive) != nullptr) {
      files_.remove(layout_.partials / name);
    }
  }
}

}  // namespace kasane::cache
