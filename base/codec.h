#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/stream.h"

namespace kasane {

enum class Codec { kNone, kGzip, kZstd, kBzip2 };

/// Which codec a stream is in, told by its first bytes (at least 4 of them, when it has so many).
Codec detect_codec(std::string_view first_bytes);

/// The decoded bytes of `compressed`, which is borrowed: all gzip members, zstd frames (skippable
/// ones are skipped) or bzip2 streams, one after another. Truncated or damaged input is an Error of
/// kind kIntegrity. Memory is bounded, whatever the input says of itself.
std::unique_ptr<ByteSource> decompress(Codec codec, ByteSource& compressed);

/// How to compress: a codec and a level of it. gzip 1 and 2 are ISA-L's, 3 to 12 libdeflate's; zstd
/// 1 to 19 libzstd's. (ISA-L's own level 3 gives other bytes on other processors, so it is not
/// used.)
class CompressionMethod {
 public:
  static CompressionMethod gzip(int level = 1);
  static CompressionMethod zstd(int level = 3);
  /// Reads `gzip`, `zstd`, `gzip:6`, `zstd:9`; an Error of kind kUsage otherwise.
  static CompressionMethod parse(std::string_view text);

  Codec codec() const { return codec_; }
  int level() const { return level_; }
  /// `gzip:1`, the inverse of parse().
  std::string render() const;
  /// Codec, level, library and its version: whatever may change the bytes that come out.
  std::string identity() const;
  bool operator==(const CompressionMethod&) const = default;

 private:
  CompressionMethod(Codec codec, int level) : codec_(codec), level_(level) {}
  Codec codec_;
  int level_;
};

/// Compresses pieces of bytes, each into one whole gzip member or zstd frame that can be joined
/// with others. The result is a function of method and bytes alone. Holds its working memory; one
/// for each thread.
class ChunkCompressor {
 public:
  virtual ~ChunkCompressor() = default;
  /// Replaces `out` by the compressed form of `bytes`.
  virtual void compress(std::string_view bytes, std::string& out) = 0;
};

std::unique_ptr<ChunkCompressor> make_chunk_compressor(const CompressionMethod& method);

}  // namespace kasane
