#include "cache/lease.h"

#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <charconv>
#include <functional>
#include <string_view>

#include <fmt/format.h>

#include "base/error.h"

namespace kasane::cache {
namespace {

constexpr std::size_t kLargestLog = std::size_t{256} << 20;

/// `<sequence>-<process>-<number in the process>`, so that names sort by age.
std::string new_name(FileSystem& files, const Path& directory) {
  static std::atomic<unsigned> opened = 0;
  const std::vector<std::string> names = files.list(directory);
  std::uint64_t last = 0;
  if (!names.empty()) {
    const std::string& newest = names.back();
    std::from_chars(newest.data(), newest.data() + std::min<std::size_t>(16, newest.size()), last,
                    16);
  }
  return fmt::format("{:016x}-{}-{}", last + 1, ::getpid(), opened++);
}

/// Lines that are no digest are what is left of writes that failed.
void read_digests(std::string_view text, const std::function<void(const Digest&)>& each) {
  while (!text.empty()) {
    const std::size_t end = text.find('\n');
    if (end == std::string_view::npos) return;
    if (const auto digest = Digest::find_hex(text.substr(0, end))) each(*digest);
    text.remove_prefix(end + 1);
  }
}

}  // namespace

Lease::Lease(FileSystem& files, const Layout& layout) : files_(files), layout_(layout) {
  const auto guard = hold_off_eviction();
  do {
    name_ = new_name(files_, layout_.leases);
    lock_ = files_.try_lock(layout_.leases / name_, LockMode::kExclusive);
  } while (lock_ == nullptr);
  log_ = files_.append_file(layout_.leases / name_);
}

Lease::~Lease() {
  try {
    log_.reset();
    if (used_.empty()) files_.remove(layout_.leases / name_);
  } catch (const Error&) {
    // An empty lease that stays is gathered with the others later.
  }
}

std::unique_ptr<FileLock> Lease::hold_off_eviction() {
  return files_.lock(layout_.use_lock, LockMode::kShared);
}

bool Lease::uses_all(std::span<const Digest> digests) {
  const std::lock_guard guard(mutex_);
  return std::all_of(digests.begin(), digests.end(),
                     [&](const Digest& digest) { return used_.contains(digest); });
}

void Lease::use(std::span<const Digest> digests) {
  const std::lock_guard guard(mutex_);
  std::string lines = torn_ ? "\n" : "";
  for (const Digest& digest : digests) {
    if (!used_.contains(digest)) lines += digest.hex() + "\n";
  }
  if (lines.size() <= 1) return;
  torn_ = true;
  log_->write(lines);
  torn_ = false;
  used_.insert(digests.begin(), digests.end());
}

std::uint64_t Lease::next_number() {
  const std::lock_guard guard(mutex_);
  return numbers_++;
}

LeaseBook LeaseBook::read(FileSystem& files, const Layout& layout) {
  LeaseBook book;
  for (const std::string& name : files.list(layout.leases)) {
    const Path path = layout.leases / name;
    const bool live = files.try_lock(path, LockMode::kExclusive) == nullptr;
    // Gone when its holder ended just now without having used anything.
    const auto file = files.find_file(path);
    if (file == nullptr) continue;
    FileSource source(*file);
    const std::string text = read_all(source, kLargestLog, path.native());
    if (live) {
      book.live.insert(name);
      read_digests(text, [&](const Digest& digest) { book.in_use.insert(digest); });
    } else {
      book.ended.push_back(name);
      read_digests(text, [&](const Digest& digest) { book.used_before.push_back(digest); });
    }
  }
  return book;
}

}  // namespace kasane::cache
