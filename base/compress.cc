#include <charconv>
#include <cstdint>
#include <vector>

#include <fmt/format.h>
#include <libdeflate.h>
#include <zstd.h>

#include "base/codec.h"
#include "base/error.h"

namespace kasane {
namespace {

constexpr int kHighestGzipLevel = 12;
constexpr int kHighestZstdLevel = 19;

Error level_error(std::string_view codec, int level, int highest) {
  return Error(ErrorKind::kUsage,
               fmt::format("expected a {} level from 1 to {}, got `{}`", codec, highest, level));
}

/// Memory for one compressed chunk, kept from chunk to chunk; its content is not initialised.
class OutputBuffer {
 public:
  /// At least `size` bytes.
  char* make_room(std::size_t size) {
    if (size > size_) {
      bytes_ = std::make_unique_for_overwrite<char[]>(size);
      size_ = size;
    }
    return bytes_.get();
  }
  std::size_t size() const { return size_; }

 private:
  std::unique_ptr<char[]> bytes_;
  std::size_t size_ = 0;
};

class LibdeflateCompressor final : public ChunkCompressor {
 public:
  explicit LibdeflateCompressor(int level) : state_(libdeflate_alloc_compressor(level)) {
    if (state_ == nullptr) throw Error(ErrorKind::kFailed, "not enough memory for libdeflate");
  }

  void compress(std::string_view bytes, std::string& out) override {
    char* const room =
        output_.make_room(libdeflate_gzip_compress_bound(state_.get(), bytes.size()));
    const std::size_t size =
        libdeflate_gzip_compress(state_.get(), bytes.data(), bytes.size(), room, output_.size());
    if (size == 0) throw Error(ErrorKind::kFailed, "libdeflate could not compress a chunk");
    out.assign(room, size);
  }

 private:
  struct Free {
    void operator()(libdeflate_compressor* state) const { libdeflate_free_compressor(state); }
  };
  std::unique_ptr<libdeflate_compressor, Free> state_;
  OutputBuffer output_;
};

class ZstdCompressor final : public ChunkCompressor {
 public:
  explicit ZstdCompressor(int level) : state_(ZSTD_createCCtx()) {
    if (state_ == nullptr) throw Error(ErrorKind::kFailed, "not enough memory for zstd");
    ZSTD_CCtx_setParameter(state_.get(), ZSTD_c_compressionLevel, level);
  }

  void compress(std::string_view bytes, std::string& out) override {
    char* const room = output_.make_room(ZSTD_compressBound(bytes.size()));
    const std::size_t size =
        ZSTD_compress2(state_.get(), room, output_.size(), bytes.data(), bytes.size());
    if (ZSTD_isError(size) != 0) {
      throw Error(ErrorKind::kFailed,
                  fmt::format("zstd could not compress a chunk: {}", ZSTD_getErrorName(size)));
    }
    out.assign(room, size);
  }

 private:
  struct Free {
    void operator()(ZSTD_CCtx* state) const { ZSTD_freeCCtx(state); }
  };
  std::unique_ptr<ZSTD_CCtx, Free> state_;
  OutputBuffer output_;
};

}  // namespace

CompressionMethod CompressionMethod::gzip(int level) {
  if (level < 1 || level > kHighestGzipLevel) throw level_error("gzip", level, kHighestGzipLevel);
  return {Codec::kGzip, level};
}

CompressionMethod CompressionMethod::zstd(int level) {
  if (level < 1 || level > kHighestZstdLevel) throw level_error("zstd", level, kHighestZstdLevel);
  return {Codec::kZstd, level};
}

CompressionMethod CompressionMethod::parse(std::string_view text) {
  const std::size_t colon = text.find(':');
  const std::string_view codec = text.substr(0, colon);
  std::optional<int> level;
  if (colon != std::string_view::npos) {
    const std::string_view digits = text.substr(colon + 1);
    int number = 0;
    const auto end = std::from_chars(digits.data(), digits.data() + digits.size(), number);
    if (digits.empty() || end.ec != std::errc() || end.ptr != digits.data() + digits.size()) {
      throw Error(ErrorKind::kUsage,
                  fmt::format("expected a level after `{}:`, got `{}`", codec, digits));
    }
    level = number;
  }
  if (codec == "gzip") return level ? gzip(*level) : gzip();
  if (codec == "zstd") return level ? zstd(*level) : zstd();
  throw Error(ErrorKind::kUsage, fmt::format("unknown compression `{}`", text))
      .hint("write `gzip`, `gzip:6`, `zstd` or `zstd:9`");
}

std::string CompressionMethod::render() const {
  return fmt::format("{}:{}", codec_ == Codec::kGzip ? "gzip" : "zstd", level_);
}

std::string CompressionMethod::identity() const {
  if (codec_ == Codec::kZstd) return fmt::format("{} zstd-{}", render(), ZSTD_versionString());
  return fmt::format("{} libdeflate-{}", render(), LIBDEFLATE_VERSION_STRING);
}

std::unique_ptr<ChunkCompressor> make_chunk_compressor(const CompressionMethod& method) {
  if (method.codec() == Codec::kZstd) return std::make_unique<ZstdCompressor>(method.level());
  return std::make_unique<LibdeflateCompressor>(method.level());
}

}  // namespace kasane
