#include "resolver/conda/table_store.h"

#include <unistd.h>

#include <cstring>
#include <set>
#include <utility>

#include <fmt/format.h>

#include "base/error.h"
#include "resolver/conda/index_format.h"

namespace kasane::resolver {
namespace {

constexpr std::array<char, 8> kMagic = {'k', 's', 'n', 't', 'a', 'b', 'l', 'e'};
constexpr std::uint32_t kVersion = 1;
constexpr std::uint64_t kAlignment = 8;

struct Head {
  std::array<char, 8> magic = kMagic;
  std::uint32_t version = kVersion;
  std::uint32_t checksum = 0;
};
static_assert(sizeof(Head) == 16);

struct EntryHead {
  TableStore::Key key = {};
  std::uint32_t size = 0;
  std::uint32_t checksum = 0;
  std::uint32_t zero = 0;
  /// Of what is before it.
  std::uint32_t head_checksum = 0;

  std::uint32_t expected() const {
    return index_format::checksum(this, offsetof(EntryHead, head_checksum));
  }
  std::uint64_t padded_size() const {
    return (std::uint64_t{size} + kAlignment - 1) / kAlignment * kAlignment;
  }
};
static_assert(sizeof(EntryHead) == 48);

Head make_head() {
  Head out;
  out.checksum = index_format::checksum(&out, offsetof(Head, checksum));
  return out;
}

/// Goes through the entries of a file; returns how far they are sound. `read` fills an object from
/// an offset, or says that there is not enough.
template <class Read, class Take>
std::uint64_t for_each_entry(std::uint64_t size, const Read& read, const Take& take) {
  Head head;
  const Head expected = make_head();
  if (!read(0, &head, sizeof head) || std::memcmp(&head, &expected, sizeof head) != 0) return 0;
  std::uint64_t at = sizeof head;
  while (true) {
    EntryHead entry;
    if (!read(at, &entry, sizeof entry) || entry.head_checksum != entry.expected()) return at;
    const std::uint64_t end = at + sizeof entry + entry.padded_size();
    if (end > size) return at;
    take(entry, at + sizeof entry);
    at = end;
  }
}

void append_entry(const TableStore::Key& key, std::string_view bytes, std::string& out) {
  EntryHead head;
  head.key = key;
  head.size = static_cast<std::uint32_t>(bytes.size());
  head.checksum = index_format::checksum(bytes.data(), bytes.size());
  head.head_checksum = head.expected();
  out.append(reinterpret_cast<const char*>(&head), sizeof head).append(bytes);
  out.append(head.padded_size() - bytes.size(), '\0');
}

}  // namespace

TableStore::TableStore(std::optional<Path> path, std::uint64_t largest_size)
    : path_(std::move(path)), largest_size_(largest_size) {
  if (path_) file_ = MappedFile::open(*path_);
  if (!file_) return;
  const std::string_view all = file_->bytes();
  for_each_entry(
      all.size(),
      [&](std::uint64_t at, void* out, std::size_t size) {
        if (at > all.size() || size > all.size() - at) return false;
        std::memcpy(out, all.data() + at, size);
        return true;
      },
      [&](const EntryHead& head, std::uint64_t at) {
        entries_[head.key] = {all.substr(at, head.size), head.checksum, false};
      });
}

TableStore::~TableStore() {
  try {
    keep();
  } catch (const Error&) {
    // It is made again the next time.
  }
}

std::optional<std::string_view> TableStore::find(const Key& key) const {
  const std::lock_guard lock(mutex_);
  const auto found = entries_.find(key);
  if (found == entries_.end()) return std::nullopt;
  Entry& entry = found->second;
  if (!entry.checked) {
    const std::uint32_t actual = index_format::checksum(entry.bytes.data(), entry.bytes.size());
    if (actual != entry.checksum) {
      entries_.erase(found);
      return std::nullopt;
    }
    entry.checked = true;
  }
  return entry.bytes;
}

std::string_view TableStore::add(const Key& key, std::string bytes) {
  const std::lock_guard lock(mutex_);
  Entry& entry = entries_[key];
  if (entry.checked) return entry.bytes;
  std::unique_ptr<std::string>& kept = added_[key];
  kept = std::make_unique<std::string>(std::move(bytes));
  to_keep_.push_back(key);
  entry = {*kept, 0, true};
  return entry.bytes;
}

void TableStore::keep() {
  const std::lock_guard guard(mutex_);
  if (to_keep_.empty() || !path_) return;
  const std::vector<Key> keys = std::exchange(to_keep_, {});
  PosixFileSystem disk;
  const auto lock = disk.lock(path_->string() + ".lock", LockMode::kExclusive);
  std::set<Key> there;
  std::uint64_t sound = 0;
  std::uint64_t size = 0;
  if (const auto file = disk.find_file(*path_)) {
    size = file->size();
    sound = for_each_entry(
        size,
        [&](std::uint64_t at, void* out, std::size_t count) {
          return file->read_at(at, {static_cast<char*>(out), count}) == count;
        },
        [&](const EntryHead& head, std::uint64_t) { there.insert(head.key); });
  }
  const bool append = sound > 0 && sound == size && size < largest_size_;
  std::string out;
  if (!append) {
    const Head head = make_head();
    out.assign(reinterpret_cast<const char*>(&head), sizeof head);
    there.clear();
  }
  for (const Key& key : keys) {
    if (!there.contains(key)) append_entry(key, *added_.at(key), out);
  }
  // Never synced: what a loss of power leaves is told by its checksums.
  const Path target = append ? *path_ : Path(path_->string() + ".new");
  if (!append) disk.remove(target);
  const auto file = disk.append_file(target);
  file->write(out);
  file->close();
  if (!append) disk.rename(target, *path_);
}

}  // namespace kasane::resolver
