#include "builder/package/conda_archive.h"

#include <utility>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/archive/entry_path.h"
#include "base/codec.h"
#include "base/error.h"

namespace kasane::builder {
namespace {

constexpr std::uint64_t kFreeSize = std::uint64_t{64} << 20;
constexpr std::uint64_t kLargestRatio = 200;
constexpr std::size_t kLargestMetadata = std::size_t{64} << 10;

/// Decompresses what it owns, and stops where that grows beyond all measure.
class BoundedDecompression final : public ByteSource {
 public:
  BoundedDecompression(Codec codec, std::unique_ptr<ByteSource> compressed, std::uint64_t limit)
      : compressed_(std::move(compressed)),
        decompressed_(decompress(codec, *compressed_)),
        limit_(limit),
        left_(limit) {}

  std::size_t read(std::span<char> buffer) override {
    const std::size_t count = decompressed_->read(buffer);
    if (count > left_) {
      throw Error(ErrorKind::kRefused,
                  fmt::format("the archive unpacks to more than {} bytes, {} times its size",
                              limit_, kLargestRatio));
    }
    left_ -= count;
    return count;
  }

 private:
  std::unique_ptr<ByteSource> compressed_;
  std::unique_ptr<ByteSource> decompressed_;
  std::uint64_t limit_;
  std::uint64_t left_;
};

const ZipEntry& find_member(const ZipReader& zip, std::string_view prefix) {
  constexpr std::string_view kSuffix = ".tar.zst";
  const ZipEntry* found = nullptr;
  for (const ZipEntry& entry : zip.entries()) {
    if (!entry.name.starts_with(prefix) || !entry.name.ends_with(kSuffix)) continue;
    if (entry.name.find('/') != std::string::npos) continue;
    if (found != nullptr) {
      throw Error(ErrorKind::kIntegrity,
                  fmt::format("the archive has both `{}` and `{}`", printable_name(found->name),
                              printable_name(entry.name)));
    }
    found = &entry;
  }
  if (found == nullptr) {
    throw Error(ErrorKind::kIntegrity, fmt::format("the archive has no `{}*{}`", prefix, kSuffix));
  }
  return *found;
}

/// CEP 35 wants `metadata.json`; packages without one are about, and every tool reads them.
void check_format_version(const ZipReader& zip) {
  const ZipEntry* entry = zip.find("metadata.json");
  if (entry == nullptr) return;
  const auto source = zip.open_entry(*entry);
  const std::string text = read_all(*source, kLargestMetadata, "`metadata.json`");
  const auto metadata = nlohmann::json::parse(text, nullptr, false);
  const auto version =
      metadata.is_object() ? metadata.find("conda_pkg_format_version") : metadata.end();
  if (version == metadata.end() || !version->is_number_integer()) {
    throw Error(ErrorKind::kIntegrity, "`metadata.json` does not tell the format's version");
  }
  if (*version != 2) {
    throw Error(ErrorKind::kRefused,
                fmt::format("the archive is of format version {}; only version 2 is known",
                            version->dump()));
  }
}

}  // namespace

CondaArchive::CondaArchive(const ReadableFile& file, Format format) : file_(file), format_(format) {
  if (format_ == Format::kTarBz2) return;
  zip_.emplace(ZipReader::open(file));
  check_format_version(*zip_);
  info_ = &find_member(*zip_, "info-");
  payload_ = &find_member(*zip_, "pkg-");
}

std::unique_ptr<ByteSource> CondaArchive::open(Part part) const {
  if (format_ == Format::kTarBz2) {
    return std::make_unique<BoundedDecompression>(Codec::kBzip2,
                                                  std::make_unique<FileSource>(file_),
                                                  kFreeSize + kLargestRatio * file_.size());
  }
  const ZipEntry& entry = part == Part::kInfo ? *info_ : *payload_;
  return std::make_unique<BoundedDecompression>(
      Codec::kZstd, zip_->open_entry(entry),
      kFreeSize + kLargestRatio * entry.compressed_size_bytes);
}

void CondaArchive::visit(Part part, const Visitor& visitor) const {
  const auto source = open(part);
  TarReader reader(*source);
  std::string path;
  const auto where = [&] {
    return path.empty() ? std::string("at the beginning of the archive")
                        : fmt::format("in or after entry `{}`", path);
  };
  in_context(where, [&] {
    while (const auto entry = reader.next()) {
      path = normalise_entry_path(entry->path, Backslash::kOrdinary);
      if (path.empty()) continue;
      if (entry->type == TarEntry::Type::kCharacterDevice ||
          entry->type == TarEntry::Type::kBlockDevice || entry->type == TarEntry::Type::kFifo) {
        throw Error(ErrorKind::kRefused, fmt::format("`{}` is a {}, which no package may bring",
                                                     path, describe(entry->type)));
      }
      if (!visitor(*entry, path, reader)) return;
    }
  });
}

}  // namespace kasane::builder
