// What builds are measured against: the least that the same libraries must do for the same bytes.
//
//   reference make METHOD THREADS FILE...   decompress packages, compress and hash their content
//   reference join THREADS DIR FILE...      read layers, hash them and the tars in them, write them
//   reference copy THREADS DIR FILE...      read layers, hash them, write them
//
// Prints the seconds that it took, and how many bytes of content there were.

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <string>
#include <vector>

#include <fmt/format.h>

#include "base/archive/zip_reader.h"
#include "base/codec.h"
#include "base/digest.h"
#include "base/error.h"
#include "base/file_system.h"
#include "base/parallel.h"

namespace kasane {
namespace {

constexpr std::size_t kChunk = std::size_t{1} << 20;

/// Hashes and counts what goes through.
class Content {
 public:
  explicit Content(const CompressionMethod& method) : compressor_(make_chunk_compressor(method)) {}

  std::uint64_t take(ByteSource& plain) {
    std::uint64_t total = 0;
    std::string chunk(kChunk, '\0');
    std::string compressed;
    while (const std::size_t n = read_fully(plain, chunk)) {
      const std::string_view piece(chunk.data(), n);
      hasher_.update(piece);
      compressor_->compress(piece, compressed);
      layer_hasher_.update(compressed);
      total += n;
    }
    return total;
  }

 private:
  std::unique_ptr<ChunkCompressor> compressor_;
  Sha256Hasher hasher_;
  Sha256Hasher layer_hasher_;
};

Codec codec_of(std::string_view name) {
  if (name.ends_with(".zst")) return Codec::kZstd;
  return name.ends_with(".bz2") ? Codec::kBzip2 : Codec::kNone;
}

std::uint64_t make_package(FileSystem& files, const std::string& path, Content& content) {
  const auto file = files.open_file(path);
  if (path.ends_with(".bz2")) {
    FileSource source(*file);
    return content.take(*decompress(Codec::kBzip2, source));
  }
  std::uint64_t total = 0;
  const ZipReader zip = ZipReader::open(*file);
  for (const ZipEntry& entry : zip.entries()) {
    const auto source = zip.open_entry(entry);
    total += content.take(*decompress(codec_of(entry.name), *source));
  }
  return total;
}

/// A source that hands what it reads to a file and a hasher too.
class CopyingSource final : public ByteSource {
 public:
  CopyingSource(const ReadableFile& file, WritableFile& copy) : source_(file), copy_(copy) {}
  std::size_t read(std::span<char> buffer) override {
    const std::size_t n = source_.read(buffer);
    hasher_.update({buffer.data(), n});
    copy_.write({buffer.data(), n});
    return n;
  }

 private:
  FileSource source_;
  WritableFile& copy_;
  Sha256Hasher hasher_;
};

std::uint64_t join_layer(FileSystem& files, const std::string& path, const Path& to, bool tars) {
  const auto file = files.open_file(path);
  const auto copy_file = files.create_file(to);
  CopyingSource source(*file, *copy_file);
  std::string start(4, '\0');
  file->read_at(0, start);
  const auto plain = decompress(tars ? detect_codec(start) : Codec::kNone, source);
  Sha256Hasher hasher;
  std::string buffer(std::size_t{1} << 18, '\0');
  std::uint64_t total = 0;
  while (const std::size_t n = plain->read(buffer)) {
    if (tars) hasher.update({buffer.data(), n});
    total += n;
  }
  copy_file->sync();
  copy_file->close();
  return total;
}

int run(const std::vector<std::string>& arguments) {
  if (arguments.size() < 4) {
    std::fputs("usage: reference make METHOD THREADS FILE... | join|copy THREADS DIR FILE...\n",
               stderr);
    return 2;
  }
  PosixFileSystem files;
  const bool make = arguments[0] == "make";
  const auto threads = static_cast<unsigned>(std::stoul(arguments[make ? 2 : 1]));
  std::vector<std::string> paths(arguments.begin() + 3, arguments.end());
  std::sort(paths.begin(), paths.end(), [&](const auto& a, const auto& b) {
    return files.find_status(a)->size > files.find_status(b)->size;
  });
  std::atomic<std::uint64_t> total = 0;
  const auto begin = std::chrono::steady_clock::now();
  parallel_for(paths.size(), threads, [&](std::size_t i) {
    if (make) {
      Content content(CompressionMethod::parse(arguments[1]));
      total += make_package(files, paths[i], content);
    } else {
      total += join_layer(files, paths[i], Path(arguments[2]) / std::to_string(i),
                          arguments[0] == "join");
    }
  });
  const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - begin;
  fmt::print("{:.4f} {}\n", seconds.count(), total.load());
  return 0;
}

}  // namespace
}  // namespace kasane

int main(int argc, char** argv) {
  try {
    return kasane::run(std::vector<std::string>(argv + 1, argv + argc));
  } catch (const kasane::Error& error) {
    std::fputs(error.render().c_str(), stderr);
    return 1;
  }
}
