#include "base/spool.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include <fmt/format.h>

#include "base/error.h"

namespace kasane {
namespace {

void write_all(int descriptor, std::string_view bytes, std::uint64_t offset) {
  while (!bytes.empty()) {
    const ssize_t count =
        ::pwrite(descriptor, bytes.data(), bytes.size(), static_cast<off_t>(offset));
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) throw system_error("cannot write to a temporary file");
    bytes.remove_prefix(static_cast<std::size_t>(count));
    offset += static_cast<std::uint64_t>(count);
  }
}

}  // namespace

Spool::Spool(Path directory, std::size_t memory_limit)
    : directory_(std::move(directory)), memory_limit_(memory_limit) {}

Spool::~Spool() {
  if (descriptor_ >= 0) ::close(descriptor_);
}

void Spool::open_file() {
  descriptor_ = ::open(directory_.c_str(), O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
  if (descriptor_ < 0) {
    // Not every file system has unnamed files.
    std::string name = (directory_ / "spool-XXXXXX").string();
    descriptor_ = ::mkostemp(name.data(), O_CLOEXEC);
    if (descriptor_ < 0) {
      throw system_error(fmt::format("cannot make a temporary file in `{}`", directory_.string()));
    }
    ::unlink(name.c_str());
  }
  write_all(descriptor_, memory_, 0);
  memory_ = {};
}

void Spool::write(std::string_view bytes) {
  if (descriptor_ < 0 && memory_.size() + bytes.size() > memory_limit_) open_file();
  if (descriptor_ < 0) {
    memory_ += bytes;
  } else {
    write_all(descriptor_, bytes, size_);
  }
  size_ += bytes.size();
}

std::size_t Spool::read_at(std::uint64_t offset, std::span<char> buffer) const {
  if (offset >= size_) return 0;
  const auto wanted =
      static_cast<std::size_t>(std::min<std::uint64_t>(buffer.size(), size_ - offset));
  if (descriptor_ < 0) {
    std::memcpy(buffer.data(), memory_.data() + offset, wanted);
    return wanted;
  }
  std::size_t done = 0;
  while (done < wanted) {
    const ssize_t count = ::pread(descriptor_, buffer.data() + done, wanted - done,
                                  static_cast<off_t>(offset + done));
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) throw system_error("cannot read from a temporary file");
    done += static_cast<std::size_t>(count);
  }
  return done;
}

}  // namespace kasane
