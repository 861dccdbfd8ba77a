#include "registry/archive_stage.h"

#include <fmt/format.h>

#include "registry/blob_files.h"

namespace kasane::registry {
namespace {

class StagedBlob final : public TargetBlob {
 public:
  StagedBlob(ArchiveStage& stage, FileSystem& files, Path path)
      : stage_(stage), file_(files, std::move(path)) {}

  void write(std::string_view bytes) override { file_.write(bytes); }

  Digest commit() override {
    const Digest digest = file_.close();
    stage_.add(digest, file_.path(), file_.size_bytes());
    return digest;
  }

 private:
  ArchiveStage& stage_;
  StagedFile file_;
};

Path parent_directory(const Path& file) {
  const Path parent = file.parent_path();
  return parent.empty() ? Path(".") : parent;
}

ArchiveMember disk_member(FileSystem& files, const Path& path, std::uint64_t size_bytes) {
  return {size_bytes, [&files, path] { return read_whole(files.open_file(path)); },
          [&files, path] { files.remove(path); }};
}

}  // namespace

bool ArchiveStage::has(const Digest& digest, std::uint64_t size_bytes) {
  const std::lock_guard guard(mutex_);
  const auto found = blobs_.find(digest);
  return found != blobs_.end() && found->second.size_bytes == size_bytes;
}

Staging& ArchiveStage::staging() {
  const std::lock_guard guard(mutex_);
  if (staging_ == nullptr) {
    staging_ = std::make_unique<Staging>(files_, parent_directory(file_),
                                         fmt::format(".{}.kasane-", file_.filename().native()));
  }
  return *staging_;
}

std::unique_ptr<TargetBlob> ArchiveStage::begin_blob() {
  return std::make_unique<StagedBlob>(*this, files_, staging().next());
}

void ArchiveStage::add(const Digest& digest, const Path& path, std::uint64_t size_bytes) {
  const std::lock_guard guard(mutex_);
  if (!blobs_.try_emplace(digest, Blob{path, size_bytes}).second) files_.remove(path);
}

std::optional<ArchiveMember> ArchiveStage::find_member(const Digest& digest) {
  const std::lock_guard guard(mutex_);
  const auto found = blobs_.find(digest);
  if (found == blobs_.end()) return std::nullopt;
  return disk_member(files_, found->second.path, found->second.size_bytes);
}

ArchiveMember ArchiveStage::member_of(const StagedFile& file) const {
  return disk_member(files_, file.path(), file.size_bytes());
}

void ArchiveStage::write(const std::map<std::string, ArchiveMember>& members) {
  StagedFile archive = make_file();
  write_archive(members, archive);
  archive.close();
  files_.rename(archive.path(), file_);
  files_.sync_directory(parent_directory(file_));
  const std::lock_guard guard(mutex_);
  blobs_.clear();
  staging_.reset();
}

}  // namespace kasane::registry
