#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/digest.h"
#include "base/file_system.h"
#include "cache/blob_store.h"
#include "cache/cache.h"

namespace kasane::cache {

/// A download in a file that stays when its process ends. Bytes from before a crash may be wrong;
/// they are only believed once they match a digest.
class FilePartialBlob final : public PartialBlob {
 public:
  FilePartialBlob(FileSystem& files, BlobStore& store, std::unique_ptr<FileLock> lock, Path path,
                  std::string name);
  ~FilePartialBlob() override;
  std::uint64_t size_bytes() const override { return size_; }
  void write(std::string_view bytes) override;
  void restart() override;
  BlobSize commit(const std::optional<Digest>& expected,
                  const std::optional<Md5Digest>& expected_md5) override;

 private:
  FileSystem& files_;
  BlobStore& store_;
  std::unique_ptr<FileLock> lock_;
  const Path path_;
  const std::string name_;
  std::uint64_t size_ = 0;
  std::unique_ptr<WritableFile> file_;
  /// Of all bytes; not there when some came from an earlier process.
  std::optional<Sha256Hasher> hasher_;
};

}  // namespace kasane::cache
