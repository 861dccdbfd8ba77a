#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/digest.h"
#include "base/error.h"
#include "base/file_system.h"
#include "cache/blob_store.h"
#include "cache/cache.h"

namespace kasane::cache {

/// The error of bytes that are not those expected.
Error digest_mismatch(std::string_view expected, std::string_view got);

/// Writes a blob to a temporary file of its own.
class FileBlobWriter final : public BlobWriter {
 public:
  FileBlobWriter(FileSystem& files, BlobStore& store, Path path);
  ~FileBlobWriter() override;
  void write(std::string_view bytes) override;
  BlobSize commit(const std::optional<Digest>& expected) override;

 private:
  void flush();

  FileSystem& files_;
  BlobStore& store_;
  const Path path_;
  std::unique_ptr<WritableFile> file_;
  Sha256Hasher hasher_;
  std::uint64_t size_ = 0;
  std::string held_;
};

}  // namespace kasane::cache
