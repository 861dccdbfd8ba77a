#include <algorithm>
#include <array>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <bzlib.h>
#include <fmt/format.h>
#include <isa-l/igzip_lib.h>
#include <zstd.h>

#include "base/codec.h"
#include "base/error.h"

namespace kasane {
namespace {

constexpr std::size_t kInputSize = std::size_t{256} << 10;
/// The largest window that a zstd frame may ask for, as a power of two: 128 MiB.
constexpr int kWindowLog = 27;
/// The decoders count in 32 bits.
constexpr std::size_t kOutputStep = std::size_t{1} << 30;

/// The compressed bytes, a large piece at a time, with the count of those taken so far.
class Input {
 public:
  explicit Input(ByteSource& source) : source_(source), buffer_(kInputSize) {}

  /// False at the end of the source. What has not been taken yet stays.
  bool fill() {
    if (begin_ < end_) return true;
    begin_ = 0;
    end_ = source_.read(buffer_);
    return end_ > 0;
  }
  char* data() { return buffer_.data() + begin_; }
  std::size_t size() const { return end_ - begin_; }
  void take(std::size_t count) {
    begin_ += count;
    taken_ += count;
  }
  std::uint64_t taken() const { return taken_; }

 private:
  ByteSource& source_;
  std::vector<char> buffer_;
  std::size_t begin_ = 0;
  std::size_t end_ = 0;
  std::uint64_t taken_ = 0;
};

Error damaged(std::string_view codec, const Input& input, std::string_view why) {
  return Error(ErrorKind::kIntegrity,
               fmt::format("damaged {} data near byte {}: {}", codec, input.taken(), why));
}

Error truncated(std::string_view codec, const Input& input) {
  return Error(ErrorKind::kIntegrity,
               fmt::format("truncated {} data: it ends after {} bytes", codec, input.taken()));
}

/// What the three decoders share: a stream is made of parts (members, frames, streams), each of
/// which is decoded to its end before the next one begins.
class PartedSource : public ByteSource {
 public:
  PartedSource(std::string_view codec, ByteSource& compressed)
      : codec_(codec), input_(compressed) {}

  std::size_t read(std::span<char> buffer) final {
    if (buffer.empty()) return 0;
    const std::span<char> output = buffer.first(std::min(buffer.size(), kOutputStep));
    for (;;) {
      const bool more = input_.fill();
      if (!in_part_) {
        if (!more && parts_ > 0) return 0;
        if (!more) throw truncated(codec_, input_);
        begin_part();
        in_part_ = true;
        ++parts_;
      }
      // A decoder may hold back output although all input was taken, so it is asked even then.
      const std::size_t taken_before = input_.taken();
      const std::size_t made = decode(output);
      if (made > 0) return made;
      if (in_part_ && !more && input_.taken() == taken_before) throw truncated(codec_, input_);
    }
  }

 protected:
  virtual void begin_part() = 0;
  /// Decodes some; calls end_part() when the part is complete.
  virtual std::size_t decode(std::span<char> output) = 0;
  void end_part() { in_part_ = false; }

  std::string_view codec_;
  Input input_;

 private:
  bool in_part_ = false;
  std::uint64_t parts_ = 0;
};

std::string_view describe_inflate_error(int code) {
  switch (code) {
    case ISAL_INVALID_BLOCK:
      return "an invalid block";
    case ISAL_INVALID_SYMBOL:
      return "an invalid symbol";
    case ISAL_INVALID_LOOKBACK:
      return "a reference to before the start";
    case ISAL_INVALID_WRAPPER:
      return "no gzip header where one was expected";
    case ISAL_UNSUPPORTED_METHOD:
      return "an unknown compression method";
    case ISAL_INCORRECT_CHECKSUM:
      return "the checksum does not match";
    default:
      return "an unknown error";
  }
}

class GzipSource final : public PartedSource {
 public:
  explicit GzipSource(ByteSource& compressed)
      : PartedSource("gzip", compressed), state_(std::make_unique<inflate_state>()) {
    isal_inflate_init(state_.get());
  }

 private:
  void begin_part() override {
    isal_inflate_reset(state_.get());
    state_->crc_flag = ISAL_GZIP;
  }

  std::size_t decode(std::span<char> output) override {
    const auto available = static_cast<std::uint32_t>(input_.size());
    state_->next_in = reinterpret_cast<std::uint8_t*>(input_.data());
    state_->avail_in = available;
    state_->next_out = reinterpret_cast<std::uint8_t*>(output.data());
    state_->avail_out = static_cast<std::uint32_t>(output.size());
    const int code = isal_inflate(state_.get());
    if (code != ISAL_DECOMP_OK) throw damaged(codec_, input_, describe_inflate_error(code));
    input_.take(available - state_->avail_in);
    if (state_->block_state == ISAL_BLOCK_FINISH) end_part();
    return output.size() - state_->avail_out;
  }

  std::unique_ptr<inflate_state> state_;
};

class ZstdSource final : public PartedSource {
 public:
  explicit ZstdSource(ByteSource& compressed)
      : PartedSource("zstd", compressed), context_(ZSTD_createDCtx(), ZSTD_freeDCtx) {
    if (!context_) throw Error(ErrorKind::kFailed, "no memory for a zstd decoder");
    ZSTD_DCtx_setParameter(context_.get(), ZSTD_d_windowLogMax, kWindowLog);
  }

 private:
  void begin_part() override {}

  std::size_t decode(std::span<char> output) override {
    ZSTD_inBuffer in{input_.data(), input_.size(), 0};
    ZSTD_outBuffer out{output.data(), output.size(), 0};
    const std::size_t result = ZSTD_decompressStream(context_.get(), &out, &in);
    if (ZSTD_isError(result)) throw damaged(codec_, input_, ZSTD_getErrorName(result));
    input_.take(in.pos);
    if (result == 0) end_part();
    return out.pos;
  }

  std::unique_ptr<ZSTD_DCtx, std::size_t (*)(ZSTD_DCtx*)> context_;
};

class Bzip2Source final : public PartedSource {
 public:
  explicit Bzip2Source(ByteSource& compressed) : PartedSource("bzip2", compressed) {}
  ~Bzip2Source() override { close(); }
  Bzip2Source(const Bzip2Source&) = delete;
  Bzip2Source& operator=(const Bzip2Source&) = delete;

 private:
  void begin_part() override {
    close();
    stream_ = bz_stream{};
    if (BZ2_bzDecompressInit(&stream_, 0, 0) != BZ_OK) {
      throw Error(ErrorKind::kFailed, "no memory for a bzip2 decoder");
    }
    open_ = true;
  }

  std::size_t decode(std::span<char> output) override {
    const auto available = static_cast<unsigned>(input_.size());
    stream_.next_in = input_.data();
    stream_.avail_in = available;
    stream_.next_out = output.data();
    stream_.avail_out = static_cast<unsigned>(output.size());
    const int code = BZ2_bzDecompress(&stream_);
    if (code == BZ_DATA_ERROR) throw damaged(codec_, input_, "a block does not match its checksum");
    if (code == BZ_DATA_ERROR_MAGIC) {
      throw damaged(codec_, input_, "no bzip2 header where one was expected");
    }
    if (code == BZ_MEM_ERROR) throw Error(ErrorKind::kFailed, "no memory for a bzip2 decoder");
    if (code != BZ_OK && code != BZ_STREAM_END) throw damaged(codec_, input_, "an unknown error");
    input_.take(available - stream_.avail_in);
    if (code == BZ_STREAM_END) end_part();
    return output.size() - stream_.avail_out;
  }

  void close() {
    if (open_) BZ2_bzDecompressEnd(&stream_);
    open_ = false;
  }

  bz_stream stream_{};
  bool open_ = false;
};

class PlainSource final : public ByteSource {
 public:
  explicit PlainSource(ByteSource& source) : source_(source) {}
  std::size_t read(std::span<char> buffer) override { return source_.read(buffer); }

 private:
  ByteSource& source_;
};

}  // namespace

Codec detect_codec(std::string_view first_bytes) {
  const auto byte = [&](std::size_t i) {
    return i < first_bytes.size() ? static_cast<unsigned char>(first_bytes[i]) : -1;
  };
  if (byte(0) == 0x1f && byte(1) == 0x8b) return Codec::kGzip;
  if (byte(0) == 0x28 && byte(1) == 0xb5 && byte(2) == 0x2f && byte(3) == 0xfd) return Codec::kZstd;
  const bool skippable_frame =
      (byte(0) & 0xf0) == 0x50 && byte(1) == 0x2a && byte(2) == 0x4d && byte(3) == 0x18;
  if (skippable_frame) return Codec::kZstd;
  if (first_bytes.starts_with("BZh") && byte(3) >= '1' && byte(3) <= '9') return Codec::kBzip2;
  return Codec::kNone;
}

std::unique_ptr<ByteSource> decompress(Codec codec, ByteSource& compressed) {
  switch (codec) {
    case Codec::kGzip:
      return std::make_unique<GzipSource>(compressed);
    case Codec::kZstd:
      return std::make_unique<ZstdSource>(compressed);
    case Codec::kBzip2:
      return std::make_unique<Bzip2Source>(compressed);
    case Codec::kNone:
      break;
  }
  return std::make_unique<PlainSource>(compressed);
}

}  // namespace kasane
