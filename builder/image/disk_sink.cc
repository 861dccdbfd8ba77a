#include "builder/image/disk_sink.h"

#include <dirent.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <memory>

#include <fmt/format.h>

#include "base/archive/entry_path.h"
#include "base/error.h"

namespace kasane::builder {
namespace {

constexpr int kDirectoryFlags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;

class OpenFile {
 public:
  explicit OpenFile(int number) : number_(number) {}
  OpenFile(const OpenFile&) = delete;
  OpenFile& operator=(const OpenFile&) = delete;
  ~OpenFile() {
    if (number_ >= 0) ::close(number_);
  }
  int number() const { return number_; }

 private:
  int number_;
};

Error failed(std::string_view verb, const TreeNode& node) {
  return system_error(fmt::format("cannot {} `{}`", verb, printable_name(node.path())));
}

timespec seconds(std::int64_t time) {
  timespec out{};
  out.tv_sec = static_cast<time_t>(time);
  return out;
}

void write_all(int file, std::string_view bytes, const TreeNode& node) {
  while (!bytes.empty()) {
    const ssize_t n = ::write(file, bytes.data(), bytes.size());
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) throw failed("write", node);
    bytes.remove_prefix(static_cast<std::size_t>(n));
  }
}

/// Part by part, for kernels and sandboxes without openat2.
int walk_directory(int root, const std::string& path) {
  int at = ::fcntl(root, F_DUPFD_CLOEXEC, 0);
  std::size_t begin = 0;
  while (at >= 0 && begin < path.size()) {
    const std::size_t end = std::min(path.find('/', begin), path.size());
    const OpenFile before(at);
    at = ::openat(before.number(), path.substr(begin, end - begin).c_str(), kDirectoryFlags);
    begin = end + 1;
  }
  return at;
}

void remove_tree(int parent, const std::string& name, const TreeNode& node) {
  if (!node.is_directory()) {
    // Absent when it was a device that had to be left out.
    if (::unlinkat(parent, name.c_str(), 0) != 0 && errno != ENOENT) throw failed("remove", node);
    return;
  }
  const OpenFile directory(::openat(parent, name.c_str(), kDirectoryFlags));
  if (directory.number() < 0) throw failed("remove", node);
  for (const auto& child : node.children) {
    remove_tree(directory.number(), child.first, *child.second);
  }
  if (::unlinkat(parent, name.c_str(), AT_REMOVEDIR) != 0) throw failed("remove", node);
}

}  // namespace

DiskSink::DiskSink(const Path& root, Ownership ownership)
    : ownership_(ownership), root_(::open(root.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)) {
  if (root_ < 0) throw system_error(fmt::format("cannot open `{}`", root.native()));
}

DiskSink::~DiskSink() {
  forget_directory();
  ::close(root_);
}

void DiskSink::forget_directory() {
  if (parent_ >= 0) ::close(parent_);
  parent_ = -1;
  parent_node_ = nullptr;
}

int DiskSink::open_directory(const std::string& path) const {
  if (path.empty()) return ::fcntl(root_, F_DUPFD_CLOEXEC, 0);
  open_how how{};
  how.flags = kDirectoryFlags;
  how.resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS;
  const auto opened = ::syscall(SYS_openat2, root_, path.c_str(), &how, sizeof how);
  if (opened >= 0 || (errno != ENOSYS && errno != EPERM)) return static_cast<int>(opened);
  return walk_directory(root_, path);
}

int DiskSink::open_parent(const TreeNode& node) {
  if (node.parent == parent_node_ && parent_ >= 0) return parent_;
  forget_directory();
  parent_ = open_directory(node.parent->path());
  if (parent_ < 0) throw failed("open the directory of", node);
  parent_node_ = node.parent;
  return parent_;
}

void DiskSink::warn(std::string code, const std::string& once, std::string message) {
  if (!warned_.insert(code + once).second) return;
  warnings_.push_back({std::move(code), std::move(message)});
}

void DiskSink::put_directory(TreeNode& node, bool made) {
  if (!made) return;
  // Open to its owner until finish(): what lies below must get in.
  if (::mkdirat(open_parent(node), node.name.c_str(), 0700) != 0) {
    throw failed("make the directory", node);
  }
}

void DiskSink::put_file(TreeNode& node, TarReader& content) {
  const OpenFile file(::openat(open_parent(node), node.name.c_str(),
                               O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600));
  if (file.number() < 0) throw failed("make", node);
  for (std::string_view piece = content.read_piece(); !piece.empty();
       piece = content.read_piece()) {
    write_all(file.number(), piece, node);
    bytes_ += piece.size();
  }
  set_attributes(file.number(), node);
}

void DiskSink::set_attributes(int file, const TreeNode& node) {
  const Inode& inode = *node.inode;
  // In this order: a new owner takes the set-id bits away, and both take capabilities.
  if (ownership_ == Ownership::kKeep &&
      ::fchown(file, static_cast<uid_t>(inode.user_id), static_cast<gid_t>(inode.group_id)) != 0) {
    throw failed("change the owner of", node);
  }
  if (::fchmod(file, inode.mode) != 0) throw failed("change the mode of", node);
  if (!inode.extended_attributes.empty()) set_extended_attributes(file, node);
  const timespec times[2] = {seconds(inode.mtime), seconds(inode.mtime)};
  if (::futimens(file, times) != 0) throw failed("change the time of", node);
}

void DiskSink::set_extended_attributes(int file, const TreeNode& node) {
  for (const auto& [name, value] : node.inode->extended_attributes) {
    if (::fsetxattr(file, name.c_str(), value.data(), value.size(), 0) == 0) continue;
    if (errno != ENOTSUP && errno != EPERM && errno != EACCES) {
      throw failed(fmt::format("set the attribute `{}` of", printable_name(name)), node);
    }
    warn("xattr", name,
         fmt::format("the extended attribute `{}` cannot be kept here, first at `{}`",
                     printable_name(name), printable_name(node.path())));
  }
}

void DiskSink::set_link_attributes(int parent, const TreeNode& node) {
  const Inode& inode = *node.inode;
  const char* name = node.name.c_str();
  if (ownership_ == Ownership::kKeep &&
      ::fchownat(parent, name, static_cast<uid_t>(inode.user_id),
                 static_cast<gid_t>(inode.group_id), AT_SYMLINK_NOFOLLOW) != 0) {
    throw failed("change the owner of", node);
  }
  // Modes of symbolic links do not exist on Linux; for what else comes here nothing is followed.
  if (inode.type != TarEntry::Type::kSymlink && ::fchmodat(parent, name, inode.mode, 0) != 0) {
    throw failed("change the mode of", node);
  }
  const timespec times[2] = {seconds(inode.mtime), seconds(inode.mtime)};
  if (::utimensat(parent, name, times, AT_SYMLINK_NOFOLLOW) != 0) {
    throw failed("change the time of", node);
  }
}

void DiskSink::make_device(int parent, const TreeNode& node) {
  const Inode& inode = *node.inode;
  const bool fifo = inode.type == TarEntry::Type::kFifo;
  const mode_t type = fifo                                             ? S_IFIFO
                      : inode.type == TarEntry::Type::kCharacterDevice ? S_IFCHR
                                                                       : S_IFBLK;
  const bool allowed = fifo || ownership_ == Ownership::kKeep;
  if (allowed && ::mknodat(parent, node.name.c_str(), type | 0600,
                           makedev(inode.device_major, inode.device_minor)) == 0) {
    set_link_attributes(parent, node);
    return;
  }
  if (allowed && errno != EPERM) throw failed("make the device", node);
  warn("device", node.path(),
       fmt::format("the {} `{}` is left out: making it needs root", describe(inode.type),
                   printable_name(node.path())));
}

void DiskSink::put_other(TreeNode& node) {
  const int parent = open_parent(node);
  if (node.inode->type != TarEntry::Type::kSymlink) return make_device(parent, node);
  if (::symlinkat(node.inode->target.c_str(), parent, node.name.c_str()) != 0) {
    throw failed("make the symbolic link", node);
  }
  set_link_attributes(parent, node);
}

void DiskSink::put_hardlink(TreeNode& node, const TreeNode& target) {
  const OpenFile from(open_directory(target.parent->path()));
  if (from.number() < 0) throw failed("open the directory of", target);
  if (::linkat(from.number(), target.name.c_str(), open_parent(node), node.name.c_str(), 0) == 0) {
    return;
  }
  const bool device = target.inode->type == TarEntry::Type::kCharacterDevice ||
                      target.inode->type == TarEntry::Type::kBlockDevice;
  // The device was left out, and has its warning.
  if (device && errno == ENOENT) return;
  throw failed("make the hard link", node);
}

void DiskSink::remove(const TreeNode& node) {
  const OpenFile parent(open_directory(node.parent->path()));
  if (parent.number() < 0) throw failed("open the directory of", node);
  forget_directory();
  remove_tree(parent.number(), node.name, node);
}

void DiskSink::finish_directory(int directory, const TreeNode& node) {
  for (const auto& [name, child] : node.children) {
    if (!child->is_directory()) continue;
    const OpenFile below(::openat(directory, name.c_str(), kDirectoryFlags));
    if (below.number() < 0) throw failed("open", *child);
    finish_directory(below.number(), *child);
  }
  set_attributes(directory, node);
}

void DiskSink::finish(const ImageTree& tree) {
  forget_directory();
  finish_directory(root_, tree.root());
}

}  // namespace kasane::builder
