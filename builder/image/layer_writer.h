#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>

#include "base/codec.h"
#include "base/digest.h"
#include "base/file_system.h"
#include "builder/fragment/chunk_stream.h"
#include "registry/image_store.h"

namespace kasane::builder {

/// Writes one layer to a target out of pieces, each of which is whole gzip members or zstd frames
/// over a piece of the tar. Both digests are computed on the way. Not thread-safe.
///
/// A DiffId is over the tar, so that pieces that were made before must be decoded for it. Where the
/// same layer was made before, its DiffId is known, and the digest alone tells that it is the same.
class LayerWriter {
 public:
  LayerWriter(registry::ImageTarget& target, const CompressionMethod& method,
              std::optional<registry::KnownLayer> made_before = {});

  /// Both forms of the same bytes.
  void append(const CompressedChunk& chunk);
  /// Compresses here and now; for small pieces.
  void append_plain(std::string_view tar_bytes);
  /// A piece that was made before. Where it has to be decoded, damage in it is an Error of kind
  /// kIntegrity.
  void append_blob(const ReadableFile& compressed);
  /// Directory members for those of `paths` that this layer does not have yet.
  void append_directories(const std::set<std::string>& paths, std::int64_t time);
  /// Ends the tar and makes the blob visible in the target. Nothing when it is not the layer that
  /// was made before.
  std::optional<registry::KnownLayer> finish();

 private:
  void hash(std::string_view tar_bytes);
  void put(std::string_view compressed);

  const CompressionMethod method_;
  std::unique_ptr<ChunkCompressor> compressor_;
  std::unique_ptr<registry::TargetBlob> blob_;
  std::optional<registry::KnownLayer> made_before_;
  Sha256Hasher tar_hasher_;
  std::uint64_t size_bytes_ = 0;
  std::set<std::string> directories_;
};

}  // namespace kasane::builder
