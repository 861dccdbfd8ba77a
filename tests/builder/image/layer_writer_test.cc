#include "builder/image/layer_writer.h"

#include <gtest/gtest.h>

#include "registry/open_image.h"
#include "tests/support/memory_file.h"
#include "tests/support/temporary_directory.h"

namespace kasane::builder {
namespace {

class LayerWriterTest : public ::testing::Test {
 protected:
  std::optional<registry::KnownLayer> write(std::string_view piece,
                                            std::optional<registry::KnownLayer> made_before = {}) {
    const auto target =
        registry::open_target(files_, registry::ImageReference::oci_layout(directory_.path(), "t"));
    LayerWriter writer(*target, method_, std::move(made_before));
    writer.append_directories({"a", "a/b"}, 0);
    writer.append_blob(kasane::testing::MemoryFile(compressed(piece)));
    return writer.finish();
  }

  std::string compressed(std::string_view piece) const {
    std::string out;
    make_chunk_compressor(method_)->compress(piece, out);
    return out;
  }

  kasane::testing::TemporaryDirectory directory_;
  PosixFileSystem files_;
  CompressionMethod method_ = CompressionMethod::gzip();
};

TEST_F(LayerWriterTest, KnowsBothDigestsOfWhatItJoined) {
  const auto layer = write(std::string(1024, 'x'));
  ASSERT_TRUE(layer);
  const auto blob =
      files_.open_file(directory_.path() / "blobs/sha256" / layer->descriptor.digest.hex().c_str());
  EXPECT_EQ(blob->size(), layer->descriptor.size_bytes);
  FileSource source(*blob);
  const std::string tar = read_all(*decompress(Codec::kGzip, source), 1 << 20, "the layer");
  EXPECT_EQ(DiffId(Digest::of(tar)), layer->diff_id);
}

TEST_F(LayerWriterTest, TakesTheDiffIdOfALayerThatWasMadeBefore) {
  const auto layer = write(std::string(1024, 'x'));
  EXPECT_EQ(write(std::string(1024, 'x'), layer), layer);
}

TEST_F(LayerWriterTest, NoticesThatALayerIsNotTheOneThatWasMadeBefore) {
  const auto layer = write(std::string(1024, 'x'));
  EXPECT_EQ(write(std::string(1024, 'y'), layer), std::nullopt);
}

}  // namespace
}  // namespace kasane::builder
