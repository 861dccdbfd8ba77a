#include "builder/image/layer_stream.h"

#include <fmt/format.h>

#include "base/codec.h"
#include "base/digest.h"
#include "base/error.h"
#include "builder/image/read_ahead.h"
#include "registry/media_type.h"

namespace kasane::builder {
namespace {

namespace media_type = registry::media_type;

Codec codec_of(const registry::Descriptor& layer) {
  const std::string type = media_type::to_oci(layer.media_type);
  if (type == media_type::kLayerTar) return Codec::kNone;
  if (type == media_type::kLayerGzip) return Codec::kGzip;
  if (type == media_type::kLayerZstd) return Codec::kZstd;
  throw Error(
      ErrorKind::kRefused,
      fmt::format("layer `{}` is of the media type `{}`, expected a tar, gzip or zstd layer",
                  layer.digest.render(), layer.media_type));
}

/// Decoded bytes together with the stored ones that they come from, which are read to their end: a
/// decoder may stop before, and the blob's digest is checked there.
class DecodedBlob final : public ByteSource {
 public:
  DecodedBlob(Codec codec, std::unique_ptr<ByteSource> stored)
      : stored_(std::move(stored)), decoded_(decompress(codec, *stored_)) {}

  std::size_t read(std::span<char> buffer) override {
    const std::size_t n = decoded_->read(buffer);
    if (n == 0 && !buffer.empty()) {
      char rest[4096];
      while (stored_->read(rest) != 0) continue;
    }
    return n;
  }

 private:
  std::unique_ptr<ByteSource> stored_;
  std::unique_ptr<ByteSource> decoded_;
};

class DiffIdCheck final : public ByteSource {
 public:
  DiffIdCheck(std::unique_ptr<ByteSource> tar, const Digest& layer, const DiffId& expected)
      : tar_(std::move(tar)), layer_(layer), expected_(expected) {}

  std::size_t read(std::span<char> buffer) override {
    const std::size_t n = tar_->read(buffer);
    hasher_.update(std::string_view(buffer.data(), n));
    if (n == 0 && !buffer.empty() && !checked_) {
      checked_ = true;
      const DiffId found(hasher_.finish());
      if (found != expected_) {
        throw Error(ErrorKind::kIntegrity,
                    fmt::format("diff id mismatch for layer `{}`: expected `{}`, got `{}`",
                                layer_.render(), expected_.render(), found.render()));
      }
    }
    return n;
  }

 private:
  std::unique_ptr<ByteSource> tar_;
  Digest layer_;
  DiffId expected_;
  Sha256Hasher hasher_;
  bool checked_ = false;
};

}  // namespace

std::unique_ptr<ByteSource> open_layer(const registry::ImageSource& image, std::size_t index) {
  const registry::Descriptor& layer = image.manifest().layers.at(index);
  const DiffId expected = image.config().diff_ids().at(index);
  const Codec codec = codec_of(layer);
  auto stored = image.open_blob(layer);
  if (codec == Codec::kNone && layer.digest == expected.digest()) {
    return std::make_unique<ReadAhead>(std::move(stored));
  }
  auto decoded =
      std::make_unique<ReadAhead>(std::make_unique<DecodedBlob>(codec, std::move(stored)));
  return std::make_unique<DiffIdCheck>(std::move(decoded), layer.digest, expected);
}

}  // namespace kasane::builder
