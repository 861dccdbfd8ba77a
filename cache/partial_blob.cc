#include "cache/partial_blob.h"

#include <utility>
#include <vector>

#include <fmt/format.h>

#include "base/error.h"
#include "cache/blob_writer.h"

namespace kasane::cache {
namespace {

template <class Hasher>
class HashingSink final : public ByteSink {
 public:
  void write(std::string_view bytes) override { hasher_.update(bytes); }
  auto finish() { return hasher_.finish(); }

 private:
  Hasher hasher_;
};

template <class Hasher>
auto hash_file(FileSystem& files, const Path& path) {
  const auto file = files.open_file(path);
  FileSource source(*file);
  HashingSink<Hasher> sink;
  copy(source, sink);
  return sink.finish();
}

}  // namespace

FilePartialBlob::FilePartialBlob(FileSystem& files, BlobStore& store,
                                 std::unique_ptr<FileLock> lock, Path path, std::string name)
    : files_(files),
      store_(store),
      lock_(std::move(lock)),
      path_(std::move(path)),
      name_(std::move(name)) {
  file_ = files_.append_file(path_);
  if (const auto status = files_.find_status(path_)) size_ = status->size;
  if (size_ == 0) hasher_.emplace();
}

FilePartialBlob::~FilePartialBlob() {
  if (size_ > 0) return;
  try {
    file_.reset();
    files_.remove(path_);
  } catch (const Error&) {
    // An empty file does no harm.
  }
}

void FilePartialBlob::write(std::string_view bytes) {
  try {
    file_->write(bytes);
  } catch (const Error&) {
    // Some of the bytes may have come through.
    hasher_.reset();
    if (const auto status = files_.find_status(path_)) size_ = status->size;
    throw;
  }
  size_ += bytes.size();
  if (hasher_) hasher_->update(bytes);
}

void FilePartialBlob::restart() {
  file_.reset();
  files_.remove(path_);
  file_ = files_.append_file(path_);
  size_ = 0;
  hasher_.emplace();
}

BlobSize FilePartialBlob::commit(const std::optional<Digest>& expected,
                                 const std::optional<Md5Digest>& expected_md5) {
  if (!expected && !expected_md5) {
    throw Error(ErrorKind::kRefused,
                fmt::format("nothing to check the download `{}` against: expected a sha256 or an "
                            "md5 digest",
                            name_));
  }
  const Digest digest = hasher_ ? hasher_->finish() : hash_file<Sha256Hasher>(files_, path_);
  hasher_.reset();
  if (expected && *expected != digest) {
    restart();
    throw digest_mismatch(expected->render(), digest.render());
  }
  if (expected_md5) {
    const Md5Digest md5 = hash_file<Md5Hasher>(files_, path_);
    if (md5 != *expected_md5) {
      restart();
      throw digest_mismatch("md5:" + expected_md5->hex(), "md5:" + md5.hex());
    }
  }
  file_->sync();
  file_->close();
  const BlobSize blob{digest, size_};
  store_.publish(path_, blob);
  return blob;
}

}  // namespace kasane::cache
