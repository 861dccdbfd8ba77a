#include "builder/image/layer_writer.h"

#include <vector>

#include "base/archive/tar_writer.h"
#include "base/error.h"
#include "builder/fragment/tar_segment.h"

namespace kasane::builder {
namespace {

/// Passes on what is read from a file to a writer as well.
class TeeSource final : public ByteSource {
 public:
  TeeSource(const ReadableFile& file, ByteSink& copy) : source_(file), copy_(copy) {}
  std::size_t read(std::span<char> buffer) override {
    const std::size_t n = source_.read(buffer);
    copy_.write({buffer.data(), n});
    return n;
  }

 private:
  FileSource source_;
  ByteSink& copy_;
};

}  // namespace

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
  if (made_before_) {
    FileSource source(compressed);
    copy(source, *blob_);
    return;
  }
  TeeSource source(compressed, *blob_);
  const auto plain = decompress(method_.codec(), source);
  std::vector<char> buffer(std::size_t{1} << 18);
  while (const std::size_t n = plain->read(buffer)) tar_hasher_.update({buffer.data(), n});
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
