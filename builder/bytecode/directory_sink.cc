#include "builder/bytecode/directory_sink.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include <fmt/format.h>

#include "base/archive/entry_path.h"
#include "base/error.h"

namespace kasane::builder {
namespace {

std::string last_part(std::string_view path) {
  return std::string(path.substr(path.rfind('/') + 1));
}

/// Whether a link at `path` with `target` points to a place below the root.
bool stays_inside(std::string_view path, std::string_view target) {
  if (target.empty() || target.front() == '/') return false;
  auto depth = std::count(path.begin(), path.end(), '/');
  while (!target.empty()) {
    const std::size_t slash = std::min(target.find('/'), target.size());
    const std::string_view part = target.substr(0, slash);
    if (part == "..") {
      if (--depth < 0) return false;
    } else if (!part.empty() && part != ".") {
      ++depth;
    }
    target.remove_prefix(std::min(slash + 1, target.size()));
  }
  return true;
}

/// A descriptor that closes itself.
struct Guard {
  explicit Guard(int opened) : number(opened) {}
  Guard(const Guard&) = delete;
  Guard& operator=(const Guard&) = delete;
  ~Guard() {
    if (number >= 0) ::close(number);
  }
  int number;
};

Error cannot(std::string_view verb, std::string_view path) {
  return system_error(fmt::format("cannot {} `{}`", verb, printable_name(path)));
}

}  // namespace

DirectorySink::DirectorySink(const Path& directory) : directory_(directory.string()) {
  root_ = ::open(directory_.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC);
  if (root_ < 0) throw cannot("open", directory_);
}

DirectorySink::~DirectorySink() {
  if (file_ >= 0) ::close(file_);
  ::close(root_);
}

/// Opens the directory that holds `path`, making what is missing of it. Gives its descriptor.
int DirectorySink::open_parent(std::string_view path) const {
  int parent = ::fcntl(root_, F_DUPFD_CLOEXEC, 0);
  if (parent < 0) throw cannot("open", directory_);
  for (std::size_t begin = 0;;) {
    const std::size_t slash = path.find('/', begin);
    if (slash == std::string_view::npos) return parent;
    const std::string part(path.substr(begin, slash - begin));
    const Guard guard(parent);
    if (::mkdirat(parent, part.c_str(), 0755) != 0 && errno != EEXIST) {
      throw cannot("make directory", path.substr(0, slash));
    }
    parent = ::openat(parent, part.c_str(), O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (parent < 0) throw cannot("enter directory", path.substr(0, slash));
    begin = slash + 1;
  }
}

void DirectorySink::begin(const Entry& entry) {
  path_ = entry.path;
  const Guard parent(open_parent(entry.path));
  const std::string name = last_part(entry.path);
  if (entry.type == Entry::Type::kDirectory) {
    if (::mkdirat(parent.number, name.c_str(), 0755) != 0 && errno != EEXIST) {
      throw cannot("make directory", entry.path);
    }
    return;
  }
  if (::unlinkat(parent.number, name.c_str(), 0) != 0 && errno != ENOENT) {
    throw cannot("replace", entry.path);
  }
  if (entry.type == Entry::Type::kSymlink) {
    if (!stays_inside(entry.path, entry.target)) {
      throw Error(ErrorKind::kRefused,
                  fmt::format("symbolic link `{}` leaves its directory: `{}`",
                              printable_name(entry.path), printable_name(entry.target)));
    }
    if (::symlinkat(entry.target.c_str(), parent.number, name.c_str()) != 0) {
      throw cannot("link", entry.path);
    }
  } else if (entry.type == Entry::Type::kHardlink) {
    const Guard target(open_parent(entry.target));
    if (::linkat(target.number, last_part(entry.target).c_str(), parent.number, name.c_str(), 0) !=
        0) {
      throw cannot("link", entry.path);
    }
  } else {
    file_ = ::openat(parent.number, name.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC,
                     entry.mode & 0777);
    if (file_ < 0) throw cannot("make", entry.path);
  }
}

void DirectorySink::write(std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t count = ::write(file_, bytes.data(), bytes.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) throw cannot("write", path_);
    bytes.remove_prefix(static_cast<std::size_t>(count));
  }
}

void DirectorySink::end() {
  if (file_ < 0) return;
  const int closed = ::close(file_);
  file_ = -1;
  if (closed != 0) throw cannot("write", path_);
}

}  // namespace kasane::builder
