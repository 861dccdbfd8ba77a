#pragma once

#include <cstdint>
#include <memory>
#include <set>
#include <string>
#include <string_view>

#include "base/codec.h"
#include "base/digest.h"
#include "base/file_system.h"
#include "builder/fragment/chunk_stream.h"
#include "registry/image_store.h"

namespace kasane::builder {

/// A layer as it was written: what a manifest and a configuration say of it.
struct WrittenLayer {
  registry::Descriptor descriptor;
  DiffId diff_id;
  std::uint64_t tar_bytes = 0;
};

/// Writes one layer to a target out of pieces, each of which is whole gzip members or zstd frames
/// over a piece of the tar. Both digests are computed on the way. Not thread-safe.
class LayerWriter {
 public:
  LayerWriter(registry::ImageTarget& target, const CompressionMethod& method);

  /// Both forms of the same bytes.
  void append(const CompressedChunk& chunk);
  /// Compresses here and now; for small pieces.
  void append_plain(std::string_view tar_bytes);
  /// A piece that was made before. It is decoded on the way, since the layer's DiffId is over the
  /// tar: damage in it is an Error of kind kIntegrity.
  void append_blob(const ReadableFile& compressed);
  /// Directory members for those of `paths` that this layer does not have yet.
  void append_directories(const std::set<std::string>& paths, std::int64_t time);
  /// Ends the tar and makes the blob visible in the target.
  WrittenLayer finish();

 private:
  void put(std::string_view compressed);

  const CompressionMethod method_;
  std::unique_ptr<ChunkCompressor> compressor_;
  std::unique_ptr<registry::TargetBlob> blob_;
  Sha256Hasher tar_hasher_;
  std::uint64_t tar_bytes_ = 0;
  std::uint64_t size_bytes_ = 0;
  std::set<std::string> directories_;
};

}  // namespace kasane::builder
