#include "tests/support/memory_file_system.h"

#include <algorithm>
#include <cerrno>
#include <condition_variable>
#include <cstring>
#include <utility>

#include <fmt/format.h>

#include "base/error.h"

namespace kasane {

/// A file or directory, apart from its names.
struct MemoryFileSystem::Node {
  bool directory = false;
  std::string bytes;
  /// How many of the bytes a crash leaves for certain.
  std::size_t synced = 0;
  int shared_locks = 0;
  bool exclusive_lock = false;
};

namespace {

using Operation = std::string_view;

struct Failure {
  std::string operation;
  std::string part;
  int error_number = 0;
  std::uint64_t spare = 0;
};

Error error_of(int number, Operation operation, const Path& path) {
  errno = number;
  return system_error(fmt::format("cannot {} `{}`", operation, path.native()));
}

}  // namespace

struct MemoryFileSystem::Disk {
  using NodePointer = std::shared_ptr<Node>;

  explicit Disk(std::uint64_t seed) : random(seed) {
    names["/"] = std::make_shared<Node>();
    names["/"]->directory = true;
    safe_names = names;
  }

  void begin(Operation operation, const Path& path, bool changes_something) {
    if (powerless) throw Error(ErrorKind::kFailed, "the power is off");
    if (changes_something) {
      ++changes;
      if (power_left && (*power_left)-- == 0) {
        powerless = true;
        released.notify_all();
        throw Error(ErrorKind::kFailed, "the power is off");
      }
    }
    for (Failure& failure : failures) {
      if (failure.operation != operation) continue;
      if (path.native().find(failure.part) == std::string::npos) continue;
      if (failure.spare > 0) {
        --failure.spare;
      } else {
        throw error_of(failure.error_number, operation, path);
      }
    }
  }

  NodePointer find(const Path& path) const {
    const auto found = names.find(path.native());
    return found == names.end() ? nullptr : found->second;
  }

  NodePointer make(const Path& path, bool directory) {
    const NodePointer parent = find(path.parent_path());
    if (parent == nullptr) throw error_of(ENOENT, "create", path);
    if (!parent->directory) throw error_of(ENOTDIR, "create", path);
    auto node = std::make_shared<Node>();
    node->directory = directory;
    set_name(path, node);
    return node;
  }

  /// nullptr takes the name away.
  void set_name(const Path& path, NodePointer node) {
    unsynced[path.native()].push_back(node);
    if (node == nullptr) {
      names.erase(path.native());
    } else {
      names[path.native()] = std::move(node);
    }
  }

  std::uint64_t used() const {
    std::uint64_t total = 0;
    for (const auto& [path, node] : names) total += node->bytes.size();
    return total;
  }

  void crash() {
    for (const auto& [path, history] : unsynced) {
      const std::size_t survivor = random() % (history.size() + 1);
      if (survivor == 0) continue;
      const NodePointer& node = history[survivor - 1];
      if (node == nullptr) {
        safe_names.erase(path);
      } else {
        safe_names[path] = node;
      }
    }
    unsynced.clear();
    std::erase_if(safe_names, [&](const auto& entry) {
      for (Path path = entry.first; path.native() != "/"; path = path.parent_path()) {
        if (!safe_names.contains(path.parent_path().native())) return true;
      }
      return false;
    });
    names = safe_names;
    std::set<Node*> seen;
    for (const auto& [path, node] : names) {
      if (!seen.insert(node.get()).second) continue;
      crash_bytes(*node);
      node->shared_locks = 0;
      node->exclusive_lock = false;
    }
  }

  void crash_bytes(Node& node) {
    const std::size_t loose = node.bytes.size() - node.synced;
    if (loose > 0) {
      const std::size_t length = node.synced + random() % (loose + 1);
      const std::size_t written = node.synced + random() % (length - node.synced + 1);
      node.bytes.resize(length);
      std::fill(node.bytes.begin() + static_cast<std::ptrdiff_t>(written), node.bytes.end(), '\0');
    }
    node.synced = node.bytes.size();
  }

  std::mutex mutex;
  std::condition_variable released;
  std::mt19937_64 random;
  std::map<std::string, NodePointer> names;
  std::map<std::string, NodePointer> safe_names;
  /// What each name has stood for since its directory was synced, in order.
  std::map<std::string, std::vector<NodePointer>> unsynced;
  std::vector<Failure> failures;
  std::optional<std::uint64_t> capacity;
  std::optional<std::uint64_t> power_left;
  bool powerless = false;
  std::uint64_t changes = 0;
};

class MemoryFileSystem::Reader final : public ReadableFile {
 public:
  Reader(std::shared_ptr<Disk> disk, std::shared_ptr<Node> node)
      : disk_(std::move(disk)), node_(std::move(node)), size_(node_->bytes.size()) {}
  std::uint64_t size() const override { return size_; }
  std::size_t read_at(std::uint64_t offset, std::span<char> buffer) const override {
    const std::lock_guard guard(disk_->mutex);
    disk_->begin("read", "", false);
    if (offset >= node_->bytes.size()) return 0;
    const std::size_t n = std::min<std::size_t>(buffer.size(), node_->bytes.size() - offset);
    std::memcpy(buffer.data(), node_->bytes.data() + offset, n);
    return n;
  }

 private:
  std::shared_ptr<Disk> disk_;
  std::shared_ptr<Node> node_;
  std::uint64_t size_;
};

class MemoryFileSystem::Writer final : public WritableFile {
 public:
  Writer(std::shared_ptr<Disk> disk, std::shared_ptr<Node> node, Path path)
      : disk_(std::move(disk)), node_(std::move(node)), path_(std::move(path)) {}

  void write(std::string_view bytes) override {
    if (bytes.empty()) return;
    const std::lock_guard guard(disk_->mutex);
    disk_->begin("write", path_, true);
    const std::uint64_t used = disk_->capacity ? disk_->used() : 0;
    const std::uint64_t room =
        disk_->capacity ? *disk_->capacity - std::min(*disk_->capacity, used) : bytes.size();
    node_->bytes.append(bytes.substr(0, room));
    if (room < bytes.size()) throw error_of(ENOSPC, "write", path_);
  }
  void sync() override {
    const std::lock_guard guard(disk_->mutex);
    disk_->begin("sync", path_, true);
    node_->synced = node_->bytes.size();
  }
  void close() override {
    const std::lock_guard guard(disk_->mutex);
    disk_->begin("close", path_, false);
  }

 private:
  std::shared_ptr<Disk> disk_;
  std::shared_ptr<Node> node_;
  Path path_;
};

class MemoryFileSystem::Lock final : public FileLock {
 public:
  Lock(std::shared_ptr<Disk> disk, std::shared_ptr<Node> node, LockMode mode)
      : disk_(std::move(disk)), node_(std::move(node)), mode_(mode) {}
  ~Lock() override {
    const std::lock_guard guard(disk_->mutex);
    if (mode_ == LockMode::kExclusive) {
      node_->exclusive_lock = false;
    } else {
      node_->shared_locks = std::max(0, node_->shared_locks - 1);
    }
    disk_->released.notify_all();
  }
  static bool take(Node& node, LockMode mode) {
    if (node.exclusive_lock) return false;
    if (mode == LockMode::kShared) return ++node.shared_locks > 0;
    if (node.shared_locks > 0) return false;
    node.exclusive_lock = true;
    return true;
  }

 private:
  std::shared_ptr<Disk> disk_;
  std::shared_ptr<Node> node_;
  LockMode mode_;
};

MemoryFileSystem::MemoryFileSystem(std::uint64_t seed) : disk_(std::make_shared<Disk>(seed)) {}
MemoryFileSystem::~MemoryFileSystem() = default;

void MemoryFileSystem::lose_power_after(std::uint64_t operations) {
  const std::lock_guard guard(disk_->mutex);
  disk_->power_left = operations;
}

bool MemoryFileSystem::power_is_lost() const {
  const std::lock_guard guard(disk_->mutex);
  return disk_->powerless;
}

void MemoryFileSystem::restore_power() {
  const std::lock_guard guard(disk_->mutex);
  disk_->crash();
  disk_->powerless = false;
  disk_->power_left.reset();
}

std::uint64_t MemoryFileSystem::changes() const {
  const std::lock_guard guard(disk_->mutex);
  return disk_->changes;
}

void MemoryFileSystem::fail(std::string operation, std::string part, int error_number,
                            std::uint64_t spare) {
  const std::lock_guard guard(disk_->mutex);
  disk_->failures.push_back({std::move(operation), std::move(part), error_number, spare});
}

void MemoryFileSystem::set_capacity(std::uint64_t bytes) {
  const std::lock_guard guard(disk_->mutex);
  disk_->capacity = bytes;
}

void MemoryFileSystem::mend() {
  const std::lock_guard guard(disk_->mutex);
  disk_->failures.clear();
  disk_->capacity.reset();
}

std::unique_ptr<ReadableFile> MemoryFileSystem::find_file(const Path& path) {
  const std::lock_guard guard(disk_->mutex);
  disk_->begin("open", path, false);
  auto node = disk_->find(path);
  if (node == nullptr) return nullptr;
  if (node->directory) {
    throw Error(ErrorKind::kFailed,
                fmt::format("expected a file, `{}` is a directory", path.native()));
  }
  return std::make_unique<Reader>(disk_, std::move(node));
}

std::unique_ptr<WritableFile> MemoryFileSystem::create_file(const Path& path) {
  const std::lock_guard guard(disk_->mutex);
  disk_->begin("create", path, true);
  if (disk_->find(path) != nullptr) throw error_of(EEXIST, "create", path);
  return std::make_unique<Writer>(disk_, disk_->make(path, false), path);
}

std::unique_ptr<WritableFile> MemoryFileSystem::append_file(const Path& path) {
  const std::lock_guard guard(disk_->mutex);
  auto node = disk_->find(path);
  disk_->begin("create", path, node == nullptr);
  if (node == nullptr) node = disk_->make(path, false);
  if (node->directory) throw error_of(EISDIR, "create", path);
  return std::make_unique<Writer>(disk_, std::move(node), path);
}

std::optional<FileStatus> MemoryFileSystem::find_status(const Path& path) {
  const std::lock_guard guard(disk_->mutex);
  disk_->begin("look at", path, false);
  const auto node = disk_->find(path);
  if (node == nullptr) return std::nullopt;
  using enum FileStatus::Type;
  return FileStatus{node->directory ? kDirectory : kFile, node->bytes.size()};
}

std::vector<std::string> MemoryFileSystem::list(const Path& directory) {
  const std::lock_guard guard(disk_->mutex);
  disk_->begin("list", directory, false);
  std::vector<std::string> found;
  for (const auto& [name, node] : disk_->names) {
    const Path path = name;
    if (name != "/" && path.parent_path() == directory) found.push_back(path.filename().native());
  }
  std::sort(found.begin(), found.end());
  return found;
}

void MemoryFileSystem::create_directories(const Path& path) {
  const std::lock_guard guard(disk_->mutex);
  Path made;
  for (const Path& part : path) {
    made /= part;
    const auto node = disk_->find(made);
    if (node != nullptr && !node->directory) throw error_of(ENOTDIR, "make directory", path);
    if (node != nullptr) continue;
    disk_->begin("create", made, true);
    disk_->make(made, true);
  }
}

void MemoryFileSystem::rename(const Path& from, const Path& to) {
  const std::lock_guard guard(disk_->mutex);
  disk_->begin("rename", to, true);
  const auto node = disk_->find(from);
  if (node == nullptr || disk_->find(to.parent_path()) == nullptr) {
    throw error_of(ENOENT, "rename to", to);
  }
  disk_->set_name(to, node);
  disk_->set_name(from, nullptr);
}

bool MemoryFileSystem::remove(const Path& path) {
  const std::lock_guard guard(disk_->mutex);
  const auto node = disk_->find(path);
  disk_->begin("remove", path, node != nullptr);
  if (node == nullptr) return false;
  disk_->set_name(path, nullptr);
  return true;
}

void MemoryFileSystem::remove_all(const Path& path) {
  const std::lock_guard guard(disk_->mutex);
  const std::string below = path.native() + "/";
  std::vector<std::string> gone;
  for (const auto& [name, node] : disk_->names) {
    if (name == path.native() || name.starts_with(below)) gone.push_back(name);
  }
  for (auto name = gone.rbegin(); name != gone.rend(); ++name) {
    disk_->begin("remove", *name, true);
    disk_->set_name(*name, nullptr);
  }
}

void MemoryFileSystem::sync_directory(const Path& path) {
  const std::lock_guard guard(disk_->mutex);
  disk_->begin("sync_directory", path, true);
  if (disk_->find(path) == nullptr) throw error_of(ENOENT, "sync directory", path);
  for (auto entry = disk_->unsynced.begin(); entry != disk_->unsynced.end();) {
    if (Path(entry->first).parent_path() != path) {
      ++entry;
      continue;
    }
    if (const auto node = disk_->find(entry->first)) {
      disk_->safe_names[entry->first] = node;
    } else {
      disk_->safe_names.erase(entry->first);
    }
    entry = disk_->unsynced.erase(entry);
  }
}

std::unique_ptr<FileLock> MemoryFileSystem::lock(const Path& path, LockMode mode) {
  std::unique_lock guard(disk_->mutex);
  disk_->begin("lock", path, false);
  auto node = disk_->find(path);
  if (node == nullptr) node = disk_->make(path, false);
  disk_->released.wait(guard, [&] { return disk_->powerless || Lock::take(*node, mode); });
  disk_->begin("lock", path, false);
  return std::make_unique<Lock>(disk_, std::move(node), mode);
}

std::unique_ptr<FileLock> MemoryFileSystem::try_lock(const Path& path, LockMode mode) {
  const std::lock_guard guard(disk_->mutex);
  disk_->begin("lock", path, false);
  auto node = disk_->find(path);
  if (node == nullptr) node = disk_->make(path, false);
  if (!Lock::take(*node, mode)) return nullptr;
  return std::make_unique<Lock>(disk_, std::move(node), mode);
}

}  // namespace kasane
