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

LayerWriter::LayerWriter(registry::ImageTarget& target, const CompressionMethod& method)
    : method_(method), compressor_(make_chunk_compressor(method)), blob_(target.begin_blob()) {}

void LayerWriter::append(const CompressedChunk& chunk) {
  tar_hasher_.update(chunk.plain);
  tar_bytes_ += chunk.plain.size();
  put(chunk.compressed);
}

void LayerWriter::append_plain(std::string_view tar_bytes) {
  std::string compressed;
  const std::size_t step = chunk_size(method_);
  for (; !tar_bytes.empty(); tar_bytes.remove_prefix(std::min(step, tar_bytes.size()))) {
    const std::string_view piece = tar_bytes.substr(0, step);
    compressor_->compress(piece, compressed);
    tar_hasher_.update(piece);
    tar_bytes_ += piece.size();
    put(compressed);
  }
}

void LayerWriter::append_blob(const ReadableFile& compressed) {
  TeeSource source(compressed, *blob_);
  const auto plain = decompress(method_.codec(), source);
  std::vector<char> buffer(std::size_t{1} << 18);
  while (const std::size_t n = plain->read(buffer)) {
    tar_hasher_.update({buffer.data(), n});
    tar_bytes_ += n;
  }
  size_bytes_ += compressed.size();
}

void LayerWriter::append_directories(const std::set<std::string>& paths, std::int64_t time) {
  std::set<std::string> missing;
  for (const std::string& path : paths) {
    if (directories_.insert(path).second) missing.insert(path);
  }
  append_plain(directory_segment(missing, time));
}

WrittenLayer LayerWriter::finish() {
  append_plain(std::string(kTarTrailer, '\0'));
  const Digest digest = blob_->commit();
  const bool zstd = method_.codec() == Codec::kZstd;
  registry::Descriptor descriptor{
      std::string(zstd ? registry::media_type::kLayerZstd : registry::media_type::kLayerGzip),
      digest,
      size_bytes_,
      {}};
  return {std::move(descriptor), DiffId(tar_hasher_.finish()), tar_bytes_};
}

void LayerWriter::put(std::string_view compressed) {
  blob_->write(compressed);
  size_bytes_ += compressed.size();
}

}  // namespace kasane::builder
