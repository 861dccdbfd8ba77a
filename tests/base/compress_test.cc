#include <random>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/codec.h"
#include "base/error.h"

namespace kasane {
namespace {

std::string sample(std::size_t size) {
  std::mt19937 random(7);
  std::string out;
  while (out.size() < size) {
    out += "line " + std::to_string(random() % 1000) + " of some text\n";
  }
  out.resize(size);
  return out;
}

std::string decoded(const CompressionMethod& method, const std::string& bytes) {
  StringSource source(bytes);
  const auto plain = decompress(method.codec(), source);
  return read_all(*plain, std::size_t{1} << 30, "the test's bytes");
}

class EveryLevel : public testing::TestWithParam<const char*> {};

TEST_P(EveryLevel, JoinsChunksThatDecodeToTheWhole) {
  const CompressionMethod method = CompressionMethod::parse(GetParam());
  const auto compressor = make_chunk_compressor(method);
  std::string joined;
  std::string plain;
  for (const std::size_t size : {std::size_t{0}, std::size_t{1}, std::size_t{512},
                                 std::size_t{70000}, std::size_t{1} << 20}) {
    const std::string piece = sample(size);
    std::string chunk;
    compressor->compress(piece, chunk);
    joined += chunk;
    plain += piece;
  }
  EXPECT_EQ(decoded(method, joined), plain);
}

TEST_P(EveryLevel, GivesTheSameBytesWhateverWasCompressedBefore) {
  const CompressionMethod method = CompressionMethod::parse(GetParam());
  const std::string piece = sample(200000);
  std::string fresh;
  make_chunk_compressor(method)->compress(piece, fresh);
  const auto used = make_chunk_compressor(method);
  std::string again;
  used->compress(sample(300000), again);
  used->compress(piece, again);
  EXPECT_EQ(again, fresh);
}

INSTANTIATE_TEST_SUITE_P(Codec, EveryLevel,
                         testing::Values("gzip:1", "gzip:2", "gzip:3", "gzip:6", "gzip:12",
                                         "zstd:1", "zstd:3", "zstd:9"));

TEST(CompressionMethod, ParsesWhatItRenders) {
  for (const char* text : {"gzip:1", "gzip:12", "zstd:1", "zstd:19"}) {
    EXPECT_EQ(CompressionMethod::parse(text).render(), text);
  }
  EXPECT_EQ(CompressionMethod::parse("gzip").render(), "gzip:1");
  EXPECT_EQ(CompressionMethod::parse("zstd").render(), "zstd:3");
}

TEST(CompressionMethod, NamesTheLibraryThatDoesIt) {
  EXPECT_THAT(CompressionMethod::gzip(2).identity(), testing::StartsWith("gzip:2 isal-"));
  EXPECT_THAT(CompressionMethod::gzip(3).identity(), testing::StartsWith("gzip:3 libdeflate-"));
  EXPECT_THAT(CompressionMethod::zstd(3).identity(), testing::StartsWith("zstd:3 zstd-"));
}

TEST(CompressionMethod, RefusesWhatItDoesNotKnow) {
  const std::pair<const char*, const char*> cases[] = {
      {"lz4", "unknown compression `lz4`"},
      {"gzip:", "expected a level after `gzip:`, got ``"},
      {"gzip:x", "expected a level after `gzip:`, got `x`"},
      {"gzip:13", "expected a gzip level from 1 to 12, got `13`"},
      {"zstd:0", "expected a zstd level from 1 to 19, got `0`"},
  };
  for (const auto& [text, message] : cases) {
    try {
      CompressionMethod::parse(text);
      ADD_FAILURE() << text;
    } catch (const Error& error) {
      EXPECT_EQ(error.kind(), ErrorKind::kUsage);
      EXPECT_EQ(error.message(), message);
    }
  }
}

}  // namespace
}  // namespace kasane
