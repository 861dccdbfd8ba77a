#include "builder/package/wheel_recorded_files.h"

#include <optional>
#include <set>

#include <fmt/format.h>

#include "base/archive/entry_path.h"
#include "base/error.h"

namespace kasane::builder {
namespace {

/// RECORD and its signatures cannot hold their own hashes.
bool needs_no_hash(std::string_view name_in_dist_info) {
  return name_in_dist_info == "RECORD" || name_in_dist_info == "RECORD.jws" ||
         name_in_dist_info == "RECORD.p7s";
}

/// Reads an entry and holds it against its hash in RECORD once it has been read to its end.
class VerifiedSource final : public ByteSource {
 public:
  VerifiedSource(std::unique_ptr<ByteSource> source, const ZipEntry& entry, std::string hash)
      : source_(std::move(source)),
        name_(entry.name),
        left_(entry.size_bytes),
        hash_(std::move(hash)) {
    if (!hash_.empty()) {
      in_context([&] { return fmt::format("in the row of `{}` in RECORD", name_); },
                 [&] { hasher_.emplace(std::string_view(hash_).substr(0, hash_.find('='))); });
    }
    if (left_ == 0) check();
  }

  std::size_t read(std::span<char> buffer) override {
    const std::size_t count = source_->read(buffer);
    if (count == 0) return 0;
    if (hasher_) hasher_->update({buffer.data(), count});
    left_ -= count;
    if (left_ == 0) check();
    return count;
  }

 private:
  void check() {
    if (!hasher_) return;
    const std::string found = hasher_->finish();
    if (found != hash_) {
      throw Error(ErrorKind::kIntegrity,
                  fmt::format("hash mismatch for entry `{}`: RECORD has `{}`, found `{}`", name_,
                              printable_name(hash_), found));
    }
  }

  std::unique_ptr<ByteSource> source_;
  std::string name_;
  std::uint64_t left_;
  std::string hash_;
  std::optional<RecordHasher> hasher_;
};

}  // namespace

RecordedFiles::RecordedFiles(const std::vector<RecordRow>& rows,
                             const std::vector<PackagePath>& paths, const std::string& dist_info) {
  for (const RecordRow& row : rows) {
    // Some tools list directories, which the format does not know.
    if (row.path.ends_with('/')) continue;
    const auto [place, added] = rows_.emplace(normalise_entry_path(row.path), row);
    if (!added && place->second != row) {
      throw Error(ErrorKind::kIntegrity,
                  fmt::format("RECORD has two rows for `{}` that differ", row.path));
    }
  }
  std::set<std::string> present;
  for (const PackagePath& path : paths) {
    if (path.directory) continue;
    check_file(path, dist_info);
    present.insert(path.path);
  }
  for (const auto& [path, row] : rows_) {
    if (!present.contains(path)) {
      throw Error(ErrorKind::kIntegrity,
                  fmt::format("RECORD names `{}`, which is not in the wheel", path));
    }
  }
}

std::string RecordedFiles::hash(const std::string& path) const {
  const auto found = rows_.find(path);
  return found == rows_.end() ? std::string() : found->second.hash;
}

void RecordedFiles::check_file(const PackagePath& path, const std::string& dist_info) const {
  if (path.path.starts_with(dist_info + "/") &&
      needs_no_hash(std::string_view(path.path).substr(dist_info.size() + 1))) {
    return;
  }
  const auto found = rows_.find(path.path);
  if (found == rows_.end()) {
    throw Error(ErrorKind::kIntegrity, fmt::format("entry `{}` is not in RECORD", path.path));
  }
  const RecordRow& row = found->second;
  if (row.hash.empty()) {
    throw Error(ErrorKind::kIntegrity, fmt::format("RECORD has no hash of `{}`", path.path));
  }
  if (row.size_bytes && *row.size_bytes != path.size_bytes) {
    throw Error(ErrorKind::kIntegrity,
                fmt::format("size mismatch for entry `{}`: RECORD has {}, the archive {}",
                            path.path, *row.size_bytes, path.size_bytes));
  }
}

std::unique_ptr<ByteSource> make_verified_source(std::unique_ptr<ByteSource> source,
                                                 const ZipEntry& entry, const std::string& hash) {
  return std::make_unique<VerifiedSource>(std::move(source), entry, hash);
}

}  // namespace kasane::builder
