#include <algorithm>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <bzlib.h>
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <isa-l/igzip_lib.h>
#include <zstd.h>

#include "base/codec.h"
#include "base/error.h"

namespace kasane {
namespace {

std::string bytes_like_text(std::size_t size) {
  std::string out;
  for (std::uint32_t i = 0; out.size() < size; ++i) {
    out += fmt::format("line {} {:x}\n", i, i * 2654435761U);
  }
  out.resize(size);
  return out;
}

std::string gzip(std::string bytes) {
  std::string out(bytes.size() + bytes.size() / 8 + 1024, '\0');
  std::vector<std::uint8_t> level(ISAL_DEF_LVL1_DEFAULT);
  isal_zstream stream;
  isal_deflate_stateless_init(&stream);
  stream.gzip_flag = IGZIP_GZIP;
  stream.level = 1;
  stream.level_buf = level.data();
  stream.level_buf_size = static_cast<std::uint32_t>(level.size());
  stream.end_of_stream = 1;
  stream.next_in = reinterpret_cast<std::uint8_t*>(bytes.data());
  stream.avail_in = static_cast<std::uint32_t>(bytes.size());
  stream.next_out = reinterpret_cast<std::uint8_t*>(out.data());
  stream.avail_out = static_cast<std::uint32_t>(out.size());
  EXPECT_EQ(isal_deflate_stateless(&stream), COMP_OK);
  out.resize(stream.total_out);
  return out;
}

std::string zstd(std::string_view bytes) {
  std::string out(ZSTD_compressBound(bytes.size()), '\0');
  ZSTD_CCtx* context = ZSTD_createCCtx();
  ZSTD_CCtx_setParameter(context, ZSTD_c_checksumFlag, 1);
  out.resize(ZSTD_compress2(context, out.data(), out.size(), bytes.data(), bytes.size()));
  ZSTD_freeCCtx(context);
  return out;
}

std::string bzip2(std::string bytes) {
  auto size = static_cast<unsigned>(bytes.size() + bytes.size() / 50 + 1024);
  std::string out(size, '\0');
  EXPECT_EQ(BZ2_bzBuffToBuffCompress(out.data(), &size, bytes.data(),
                                     static_cast<unsigned>(bytes.size()), 9, 0, 0),
            BZ_OK);
  out.resize(size);
  return out;
}

/// Gives its bytes in pieces of a fixed size.
class PiecewiseSource final : public ByteSource {
 public:
  PiecewiseSource(std::string bytes, std::size_t piece) : bytes_(std::move(bytes)), piece_(piece) {}
  std::size_t read(std::span<char> buffer) override {
    const std::size_t n = std::min({buffer.size(), piece_, bytes_.size() - done_});
    std::copy_n(bytes_.data() + done_, n, buffer.data());
    done_ += n;
    return n;
  }

 private:
  std::string bytes_;
  std::size_t piece_;
  std::size_t done_ = 0;
};

std::string decode(Codec codec, const std::string& bytes, std::size_t input_piece = 1 << 20,
                   std::size_t output_piece = 1 << 16) {
  PiecewiseSource source(bytes, input_piece);
  const auto decoded = decompress(codec, source);
  std::string out;
  std::vector<char> buffer(output_piece);
  while (const std::size_t n = decoded->read(buffer)) out.append(buffer.data(), n);
  EXPECT_EQ(decoded->read(buffer), 0U);
  return out;
}

std::string error_of(Codec codec, const std::string& bytes) {
  try {
    decode(codec, bytes);
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::kIntegrity);
    return error.message();
  }
  return "no error";
}

struct CodecCase {
  const char* name;
  Codec codec;
  std::string (*compress)(std::string);
};

class Decompress : public testing::TestWithParam<CodecCase> {};

INSTANTIATE_TEST_SUITE_P(Codecs, Decompress,
                         testing::Values(CodecCase{"gzip", Codec::kGzip, gzip},
                                         CodecCase{"zstd", Codec::kZstd,
                                                   [](std::string bytes) { return zstd(bytes); }},
                                         CodecCase{"bzip2", Codec::kBzip2, bzip2}),
                         [](const auto& info) { return std::string(info.param.name); });

TEST_P(Decompress, GivesTheSameBytesWhateverThePieces) {
  const std::string bytes = bytes_like_text(70'000);
  const std::string compressed = GetParam().compress(bytes);
  for (const auto& [in, out] : std::vector<std::pair<std::size_t, std::size_t>>{
           {1, 4096}, {3, 1}, {4096, 7}, {1 << 20, 1 << 20}}) {
    EXPECT_EQ(decode(GetParam().codec, compressed, in, out), bytes) << in << " " << out;
  }
}

TEST_P(Decompress, ReadsSeveralPartsAndEmptyOnesAsOneStream) {
  const auto compress = GetParam().compress;
  const std::string joined =
      compress("") + compress(bytes_like_text(5000)) + compress("") + compress("end");
  for (const std::size_t piece : {1U, 2U, 17U, 100000U}) {
    EXPECT_EQ(decode(GetParam().codec, joined, piece), bytes_like_text(5000) + "end");
  }
}

TEST_P(Decompress, IsRecognisedByItsFirstBytes) {
  EXPECT_EQ(detect_codec(GetParam().compress("x").substr(0, 4)), GetParam().codec);
}

TEST_P(Decompress, RefusesEveryTruncation) {
  const std::string compressed = GetParam().compress(bytes_like_text(300));
  for (std::size_t size = 0; size < compressed.size(); ++size) {
    EXPECT_EQ(error_of(GetParam().codec, compressed.substr(0, size)),
              fmt::format("truncated {} data: it ends after {} bytes", GetParam().name, size));
  }
}

TEST_P(Decompress, RefusesBytesBehindTheEnd) {
  const std::string compressed = GetParam().compress("x");
  EXPECT_THAT(error_of(GetParam().codec, compressed + std::string(600, 'z')),
              testing::StartsWith(fmt::format("damaged {} data near byte {}: ", GetParam().name,
                                              compressed.size())));
}

TEST_P(Decompress, NeverPassesOffAFlippedBitAsOtherContent) {
  const std::string bytes = bytes_like_text(400);
  const std::string compressed = GetParam().compress(bytes);
  for (std::size_t bit = 0; bit < 8 * compressed.size(); ++bit) {
    std::string flipped = compressed;
    flipped[bit / 8] = static_cast<char>(flipped[bit / 8] ^ (1 << (bit % 8)));
    std::string decoded = bytes;
    try {
      decoded = decode(GetParam().codec, flipped);
    } catch (const Error& error) {
      EXPECT_EQ(error.kind(), ErrorKind::kIntegrity);
    }
    EXPECT_EQ(decoded, bytes) << bit;
  }
}

TEST(DecompressZstd, SkipsSkippableFrames) {
  const std::string skippable(
      "\x5e\x2a\x4d\x18\x03\x00\x00\x00"
      "abc",
      11);
  EXPECT_EQ(detect_codec(skippable), Codec::kZstd);
  EXPECT_EQ(decode(Codec::kZstd, skippable + zstd("one") + skippable + zstd("two") + skippable, 1),
            "onetwo");
}

TEST(DecompressZstd, RefusesAWindowOfMoreThan128MiB) {
  // Magic, then: window descriptor present; exponent 18 above 2^10, that is 256 MiB.
  const std::string frame("\x28\xb5\x2f\xfd\x00\x90\x01\x00\x00", 9);
  EXPECT_EQ(error_of(Codec::kZstd, frame),
            "damaged zstd data near byte 0: Frame requires too much memory for decoding");
}

TEST(DecompressNone, PassesBytesThrough) {
  EXPECT_EQ(detect_codec(""), Codec::kNone);
  EXPECT_EQ(detect_codec("BZh0"), Codec::kNone);
  EXPECT_EQ(detect_codec("PK\x03\x04"), Codec::kNone);
  EXPECT_EQ(decode(Codec::kNone, ""), "");
  EXPECT_EQ(decode(Codec::kNone, "abc", 2, 1), "abc");
}

}  // namespace
}  // namespace kasane
