#include "registry/blob_files.h"

namespace kasane::registry {
namespace {

class OwningSource final : public ByteSource {
 public:
  explicit OwningSource(std::unique_ptr<ReadableFile> file)
      : file_(std::move(file)), source_(*file_) {}
  std::size_t read(std::span<char> buffer) override { return source_.read(buffer); }

 private:
  std::unique_ptr<ReadableFile> file_;
  FileSource source_;
};

}  // namespace

std::unique_ptr<ReadableFile> DirectoryFiles::find(std::string_view name) const {
  return files_.find_file(directory_ / name);
}

std::unique_ptr<ReadableFile> ArchiveFiles::find(std::string_view name) const {
  const TarIndex::Member* member = index_.find_file(name);
  if (member == nullptr) return nullptr;
  return std::make_unique<FileSlice>(file_, member->offset, member->size_bytes);
}

std::unique_ptr<ByteSource> read_whole(std::unique_ptr<ReadableFile> file) {
  return std::make_unique<OwningSource>(std::move(file));
}

}  // namespace kasane::registry
