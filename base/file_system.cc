#include "base/file_system.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>

#include <fmt/format.h>

#include "base/error.h"

namespace kasane {
namespace {

Error path_error(std::string_view verb, const Path& path) {
  return system_error(fmt::format("cannot {} `{}`", verb, path.native()));
}

class Descriptor {
 public:
  explicit Descriptor(int number) : number_(number) {}
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  ~Descriptor() {
    if (number_ >= 0) ::close(number_);
  }
  int number() const { return number_; }
  int release() { return std::exchange(number_, -1); }

 private:
  int number_;
};

class PosixReadableFile final : public ReadableFile {
 public:
  PosixReadableFile(Path path, int number, std::uint64_t size)
      : path_(std::move(path)), descriptor_(number), size_(size) {}

  std::uint64_t size() const override { return size_; }

  std::size_t read_at(std::uint64_t offset, std::span<char> buffer) const override {
    std::size_t done = 0;
    while (done < buffer.size()) {
      const ssize_t n = ::pread(descriptor_.number(), buffer.data() + done, buffer.size() - done,
                                static_cast<off_t>(offset + done));
      if (n < 0 && errno == EINTR) continue;
      if (n < 0) throw path_error("read", path_);
      if (n == 0) break;
      done += static_cast<std::size_t>(n);
    }
    return done;
  }

 private:
  Path path_;
  Descriptor descriptor_;
  std::uint64_t size_;
};

class PosixWritableFile final : public WritableFile {
 public:
  PosixWritableFile(Path path, int number) : path_(std::move(path)), descriptor_(number) {}

  void write(std::string_view bytes) override {
    while (!bytes.empty()) {
      const ssize_t n = ::write(descriptor_.number(), bytes.data(), bytes.size());
      if (n < 0 && errno == EINTR) continue;
      if (n < 0) throw path_error("write", path_);
      bytes.remove_prefix(static_cast<std::size_t>(n));
    }
  }

  void sync() override {
    if (::fdatasync(descriptor_.number()) != 0) throw path_error("sync", path_);
  }

  void close() override {
    if (::close(descriptor_.release()) != 0) throw path_error("close", path_);
  }

 private:
  Path path_;
  Descriptor descriptor_;
};

class PosixFileLock final : public FileLock {
 public:
  explicit PosixFileLock(int number) : descriptor_(number) {}

 private:
  Descriptor descriptor_;
};

std::unique_ptr<FileLock> take_lock(const Path& path, int operation) {
  Descriptor descriptor(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0666));
  if (descriptor.number() < 0) throw path_error("open lock file", path);
  while (::flock(descriptor.number(), operation) != 0) {
    if (errno == EINTR) continue;
    if (errno == EWOULDBLOCK) return nullptr;
    throw path_error("lock", path);
  }
  return std::make_unique<PosixFileLock>(descriptor.release());
}

int flock_mode(LockMode mode) { return mode == LockMode::kShared ? LOCK_SH : LOCK_EX; }

std::unique_ptr<WritableFile> open_writable(const Path& path, int flags) {
  const int number = ::open(path.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC | flags, 0666);
  if (number < 0) throw path_error("create", path);
  return std::make_unique<PosixWritableFile>(path, number);
}

}  // namespace

std::unique_ptr<ReadableFile> FileSystem::open_file(const Path& path) {
  if (auto file = find_file(path)) return file;
  throw Error(ErrorKind::kFailed, fmt::format("no such file: `{}`", path.native()));
}

std::string FileSystem::read_text(const Path& path, std::size_t limit) {
  const auto file = open_file(path);
  FileSource source(*file);
  return read_all(source, limit, fmt::format("`{}`", path.native()));
}

void FileSystem::write_atomically(const Path& path, std::string_view bytes) {
  static std::atomic<unsigned> counter = 0;
  const Path temporary = path.parent_path() / fmt::format(".{}.{}.{}.tmp", path.filename().native(),
                                                          ::getpid(), counter++);
  remove(temporary);
  auto file = create_file(temporary);
  file->write(bytes);
  file->sync();
  file->close();
  rename(temporary, path);
  sync_directory(path.parent_path());
}

std::unique_ptr<ReadableFile> PosixFileSystem::find_file(const Path& path) {
  Descriptor descriptor(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (descriptor.number() < 0) {
    if (errno == ENOENT || errno == ENOTDIR) return nullptr;
    throw path_error("open", path);
  }
  struct stat status {};
  if (::fstat(descriptor.number(), &status) != 0) throw path_error("open", path);
  if (S_ISDIR(status.st_mode)) {
    throw Error(ErrorKind::kFailed,
                fmt::format("expected a file, `{}` is a directory", path.native()));
  }
  return std::make_unique<PosixReadableFile>(path, descriptor.release(),
                                             static_cast<std::uint64_t>(status.st_size));
}

std::unique_ptr<WritableFile> PosixFileSystem::create_file(const Path& path) {
  return open_writable(path, O_EXCL);
}

std::unique_ptr<WritableFile> PosixFileSystem::append_file(const Path& path) {
  return open_writable(path, O_APPEND);
}

std::optional<FileStatus> PosixFileSystem::find_status(const Path& path) {
  struct stat status {};
  if (::lstat(path.c_str(), &status) != 0) {
    if (errno == ENOENT || errno == ENOTDIR) return std::nullopt;
    throw path_error("look at", path);
  }
  using enum FileStatus::Type;
  FileStatus out;
  out.size = static_cast<std::uint64_t>(status.st_size);
  if (S_ISDIR(status.st_mode))
    out.type = kDirectory;
  else if (S_ISLNK(status.st_mode))
    out.type = kSymlink;
  else if (!S_ISREG(status.st_mode))
    out.type = kOther;
  return out;
}

std::vector<std::string> PosixFileSystem::list(const Path& directory) {
  std::vector<std::string> names;
  std::error_code failure;
  std::filesystem::directory_iterator entries(directory, failure);
  if (failure == std::errc::no_such_file_or_directory) return names;
  for (; !failure && entries != std::filesystem::directory_iterator(); entries.increment(failure)) {
    names.push_back(entries->path().filename().native());
  }
  if (failure) {
    throw Error(ErrorKind::kFailed,
                fmt::format("cannot list `{}`: {}", directory.native(), failure.message()));
  }
  std::sort(names.begin(), names.end());
  return names;
}

void PosixFileSystem::create_directories(const Path& path) {
  std::error_code failure;
  std::filesystem::create_directories(path, failure);
  if (failure) {
    throw Error(ErrorKind::kFailed,
                fmt::format("cannot make directory `{}`: {}", path.native(), failure.message()));
  }
}

void PosixFileSystem::rename(const Path& from, const Path& to) {
  if (::rename(from.c_str(), to.c_str()) != 0) throw path_error("rename to", to);
}

bool PosixFileSystem::remove(const Path& path) {
  if (::remove(path.c_str()) == 0) return true;
  if (errno == ENOENT || errno == ENOTDIR) return false;
  throw path_error("remove", path);
}

void PosixFileSystem::remove_all(const Path& path) {
  std::error_code failure;
  std::filesystem::remove_all(path, failure);
  if (failure) {
    throw Error(ErrorKind::kFailed,
                fmt::format("cannot remove `{}`: {}", path.native(), failure.message()));
  }
}

void PosixFileSystem::sync_directory(const Path& path) {
  const Descriptor descriptor(
      ::open(path.empty() ? "." : path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (descriptor.number() < 0 || ::fsync(descriptor.number()) != 0) {
    throw path_error("sync directory", path);
  }
}

std::unique_ptr<FileLock> PosixFileSystem::lock(const Path& path, LockMode mode) {
  return take_lock(path, flock_mode(mode));
}

std::unique_ptr<FileLock> PosixFileSystem::try_lock(const Path& path, LockMode mode) {
  return take_lock(path, flock_mode(mode) | LOCK_NB);
}

std::size_t FileSource::read(std::span<char> buffer) {
  const auto wanted = std::min<std::uint64_t>(buffer.size(), end_ - offset_);
  const std::size_t n = file_.read_at(offset_, buffer.first(wanted));
  offset_ += n;
  return n;
}

}  // namespace kasane
