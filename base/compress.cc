#include <algorithm>
#include <charconv>
#include <cstdint>
#include <span>
#include <vector>

#include <fmt/format.h>
#include <isa-l.h>
#include <libdeflate.h>
#include <zstd.h>

#include "base/codec.h"
#include "base/error.h"

namespace kasane {
namespace {

constexpr int kHighestIsalLevel = 2;
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

/// A gzip member whose first byte is a stored block of its own, and a dictionary for the rest.
/// Where ISA-L (2.30 to 2.32) begins without any history, it puts one of the first positions into
/// a slot of its table that it computes from the address of its own state, and so finds other
/// matches in one of some thousand runs. With history, the output is a function of the input.
class IsalCompressor final : public ChunkCompressor {
 public:
  explicit IsalCompressor(int level)
      : level_(level), work_(level == 1 ? ISAL_DEF_LVL1_DEFAULT : ISAL_DEF_LVL2_DEFAULT) {}

  void compress(std::string_view bytes, std::string& out) override {
    char* const room = output_.make_room(bytes.size() + bytes.size() / 8 + 65536);
    const std::string_view first = bytes.substr(0, 1);
    const bool all = first.size() == bytes.size();
    char* end = std::copy_n(kHeader.data(), kHeader.size(), room);
    *end++ = static_cast<char>(all);
    end = put(static_cast<std::uint16_t>(first.size()), end);
    end = put(static_cast<std::uint16_t>(~first.size()), end);
    end = std::copy(first.begin(), first.end(), end);
    if (!all) end += deflate(first, bytes.substr(1), {end, room + output_.size()});
    end = put(crc32_gzip_refl(0, data_of(bytes), bytes.size()), end);
    end = put(static_cast<std::uint32_t>(bytes.size()), end);
    out.assign(room, end);
  }

 private:
  /// No name, no time, unknown system.
  static constexpr std::string_view kHeader{"\x1f\x8b\x08\0\0\0\0\0\x04\xff", 10};

  static std::uint8_t* data_of(std::string_view bytes) {
    return reinterpret_cast<std::uint8_t*>(const_cast<char*>(bytes.data()));
  }

  template <class Number>
  static char* put(Number number, char* at) {
    for (std::size_t i = 0; i < sizeof number; ++i) *at++ = static_cast<char>(number >> (8 * i));
    return at;
  }

  /// The rest of the member's blocks; returns their length.
  std::size_t deflate(std::string_view history, std::string_view bytes, std::span<char> room) {
    isal_deflate_init(&stream_);
    stream_.level = static_cast<std::uint32_t>(level_);
    stream_.level_buf = work_.data();
    stream_.level_buf_size = static_cast<std::uint32_t>(work_.size());
    stream_.gzip_flag = IGZIP_DEFLATE;
    stream_.end_of_stream = 1;
    stream_.flush = NO_FLUSH;
    stream_.next_in = data_of(bytes);
    stream_.avail_in = static_cast<std::uint32_t>(bytes.size());
    stream_.next_out = reinterpret_cast<std::uint8_t*>(room.data());
    stream_.avail_out = static_cast<std::uint32_t>(room.size());
    const auto history_size = static_cast<std::uint32_t>(history.size());
    const bool done = isal_deflate_set_dict(&stream_, data_of(history), history_size) == COMP_OK &&
                      isal_deflate(&stream_) == COMP_OK &&
                      stream_.internal_state.state == ZSTATE_END;
    if (!done) throw Error(ErrorKind::kFailed, "ISA-L could not compress a chunk");
    return stream_.total_out;
  }

  int level_;
  std::vector<std::uint8_t> work_;
  OutputBuffer output_;
  isal_zstream stream_{};
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
  if (level_ <= kHighestIsalLevel) {
    return fmt::format("{} isal-{}.{}.{}", render(), ISAL_MAJOR_VERSION, ISAL_MINOR_VERSION,
                       ISAL_PATCH_VERSION);
  }
  return fmt::format("{} libdeflate-{}", render(), LIBDEFLATE_VERSION_STRING);
}

std::unique_ptr<ChunkCompressor> make_chunk_compressor(const CompressionMethod& method) {
  if (method.codec() == Codec::kZstd) return std::make_unique<ZstdCompressor>(method.level());
  if (method.level() <= kHighestIsalLevel) {
    return std::make_unique<IsalCompressor>(method.level());
  }
  return std::make_unique<LibdeflateCompressor>(method.level());
}

}  // namespace kasane
