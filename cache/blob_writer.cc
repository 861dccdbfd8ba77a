#include "cache/blob_writer.h"

#include <utility>

#include <fmt/format.h>

#include "base/error.h"

namespace kasane::cache {
namespace {

/// Small writes are gathered up to this size.
constexpr std::size_t kGatheredSize = std::size_t{128} << 10;

}  // namespace

Error digest_mismatch(std::string_view expected, std::string_view got) {
  return Error(ErrorKind::kIntegrity,
               fmt::format("digest mismatch: expected `{}`, got `{}`", expected, got));
}

FileBlobWriter::FileBlobWriter(FileSystem& files, BlobStore& store, Path path)
    : files_(files), store_(store), path_(std::move(path)), file_(files_.create_file(path_)) {}

FileBlobWriter::~FileBlobWriter() {
  if (file_ == nullptr) return;
  try {
    file_.reset();
    files_.remove(path_);
  } catch (const Error&) {
    // What stays is swept up with the leavings of dead processes.
  }
}

void FileBlobWriter::write(std::string_view bytes) {
  if (held_.size() + bytes.size() < kGatheredSize) {
    held_ += bytes;
    return;
  }
  flush();
  hasher_.update(bytes);
  file_->write(bytes);
  size_ += bytes.size();
}

void FileBlobWriter::flush() {
  hasher_.update(held_);
  file_->write(held_);
  size_ += held_.size();
  held_.clear();
}

BlobSize FileBlobWriter::commit(const std::optional<Digest>& expected) {
  flush();
  const BlobSize blob{hasher_.finish(), size_};
  if (expected && *expected != blob.digest) {
    throw digest_mismatch(expected->render(), blob.digest.render());
  }
  file_->sync();
  file_->close();
  store_.publish(path_, blob);
  file_.reset();
  return blob;
}

}  // namespace kasane::cache
