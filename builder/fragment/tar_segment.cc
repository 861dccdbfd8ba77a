#include "builder/fragment/tar_segment.h"

#include <fmt/format.h>

#include "base/archive/tar_writer.h"
#include "base/error.h"

namespace kasane::builder {
namespace {

TarMember::Type member_type(Entry::Type type) {
  switch (type) {
    case Entry::Type::kHardlink:
      return TarMember::Type::kHardlink;
    case Entry::Type::kSymlink:
      return TarMember::Type::kSymlink;
    case Entry::Type::kDirectory:
      return TarMember::Type::kDirectory;
    case Entry::Type::kFile:
      break;
  }
  return TarMember::Type::kFile;
}

constexpr std::string_view kZeros(
    "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0", 32);

}  // namespace

TarSegment::TarSegment(std::string_view root, std::int64_t time, ByteSink& out)
    : root_(root), time_(time), out_(out) {}

void TarSegment::begin(const Entry& entry) {
  expected_ = entry.size_bytes;
  content_ = 0;
  note_parents(entry.path);
  if (entry.type == Entry::Type::kDirectory) {
    directories_.insert(entry.path);
    return;
  }
  paths_.push_back(entry.path);
  TarMember member;
  member.type = member_type(entry.type);
  member.path = root_ + "/" + entry.path;
  member.mode = entry.mode;
  member.size_bytes = entry.size_bytes;
  member.time = time_;
  member.target = entry.type == Entry::Type::kHardlink ? root_ + "/" + entry.target : entry.target;
  header_.clear();
  append_tar_header(header_, member);
  put(header_);
}

void TarSegment::write(std::string_view bytes) {
  content_ += bytes.size();
  put(bytes);
}

void TarSegment::end() {
  if (content_ != expected_) {
    throw Error(ErrorKind::kIntegrity,
                fmt::format("size mismatch for `{}`: expected {} bytes, got {}", paths_.back(),
                            expected_, content_));
  }
  for (std::size_t left = tar_padding(content_); left > 0;) {
    const std::size_t n = std::min(left, kZeros.size());
    put(kZeros.substr(0, n));
    left -= n;
  }
}

void TarSegment::put(std::string_view bytes) {
  size_bytes_ += bytes.size();
  out_.write(bytes);
}

void TarSegment::note_parents(std::string_view path) {
  const std::size_t slash = path.rfind('/');
  if (slash == std::string_view::npos) return;
  std::string_view parent = path.substr(0, slash);
  if (parent == last_parent_) return;
  last_parent_ = parent;
  while (directories_.insert(std::string(parent)).second) {
    const std::size_t up = parent.rfind('/');
    if (up == std::string_view::npos) break;
    parent = parent.substr(0, up);
  }
}

std::string directory_segment(const std::set<std::string>& paths, std::int64_t time) {
  std::string out;
  for (const std::string& path : paths) {
    append_tar_header(out, {TarMember::Type::kDirectory, path, 0755, 0, time, {}});
  }
  return out;
}

}  // namespace kasane::builder
