#include "builder/image/layer_writer.h"

#include <vector>

#include "base/archive/tar_writer.h"
#include "base/error.h"
#include "base/parallel.h"
#include "builder/fragment/tar_segment.h"

namespace kasane::builder {

LayerWriter::LayerWriter(registry::ImageTarget& target, const CompressionMethod& method,
                         std::optional<registry::KnownLayer> made_before)
    : method_(method),
      compressor_(make_chunk_compressor(method)),
      blob_(target.begin_blob()),
      made_before_(std::move(made_before)) {}

void LayerWriter::append(const CompressedChunk& chunk) {
  hash(chunk.plain);
  put(chunk.compressed);
}

void LayerWriter::append_plain(std::string_view tar_bytes) {
  std::string compressed;
  const std::size_t step = chunk_size(method_);
  for (; !tar_bytes.empty(); tar_bytes.remove_prefix(std::min(step, tar_bytes.size()))) {
    const std::string_view piece = tar_bytes.substr(0, step);
    compressor_->compress(piece, compressed);
    hash(piece);
    put(compressed);
  }
}

void LayerWriter::append_blob(const ReadableFile& compressed) {
  size_bytes_ += compressed.size();
  const auto join = [&] {
    FileSource source(compressed);
    copy(source, *blob_);
  };
  const auto hash_plain = [&] {
    FileSource source(compressed);
    const auto plain = decompress(method_.codec(), source);
    std::vector<char> buffer(std::size_t{1} << 18);
    while (const std::size_t n = plain->read(buffer)) tar_hasher_.update({buffer.data(), n});
  };
  if (made_before_) {
    join();
  } else {
    // Often the last layer that is left to make, so the other processors have nothing to do.
    parallel_for(2, 2, [&](std::size_t i) { i == 0 ? hash_plain() : join(); });
  }
}

void LayerWriter::append_directories(const std::set<std::string>& paths, std::int64_t time) {
  std::set<std::string> missing;
  for (const std::string& path : paths) {
    if (directories_.insert(path).second) missing.insert(path);
  }
  append_plain(directory_segment(missing, time));
}

std::optional<registry::KnownLayer> LayerWriter::finish() {
  append_plain(std::string(kTarTrailer, '\0'));
  const Digest digest = blob_->commit();
  if (made_before_ && made_before_->descriptor.digest != digest) return std::nullopt;
  const bool zstd = method_.codec() == Codec::kZstd;
  registry::Descriptor descriptor{
      std::string(zstd ? registry::media_type::kLayerZstd : registry::media_type::kLayerGzip),
      digest,
      size_bytes_,
      {}};
  const DiffId diff_id = made_before_ ? made_before_->diff_id : DiffId(tar_hasher_.finish());
  return registry::KnownLayer{std::move(descriptor), diff_id};
}

void LayerWriter::hash(std::string_view tar_bytes) {
  if (!made_before_) tar_hasher_.update(tar_bytes);
}

void LayerWriter::put(std::string_view compressed) {
  blob_->write(compressed);
  size_bytes_ += compressed.size();
}

}  // namespace kasane::builder
