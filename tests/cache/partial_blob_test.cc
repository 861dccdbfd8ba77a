#include <atomic>
#include <string>
#include <thread>

#include <gmock/gmock.h>

#include "tests/cache/cache_fixture.h"

namespace kasane::cache {
namespace {

using testing::IsEmpty;

TEST_F(CacheTest, ResumesADownloadInAnotherProcess) {
  open()->resume_blob("u")->write("first, ");
  const auto cache = open();
  const auto partial = cache->resume_blob("u");
  EXPECT_EQ(partial->size_bytes(), 7U);
  partial->write("second");
  EXPECT_EQ(partial->size_bytes(), 13U);
  const std::string whole = "first, second";
  EXPECT_EQ(partial->commit(Digest::of(whole), Md5Digest::of(whole)),
            (BlobSize{Digest::of(whole), 13}));
  EXPECT_EQ(blob_text(*cache, Digest::of(whole)), whole);
  EXPECT_THAT(files_.list(root() / "partial"), IsEmpty());
}

TEST_F(CacheTest, KeepsDownloadsOfDifferentNamesApart) {
  const auto cache = open();
  const auto one = cache->resume_blob("one");
  const auto two = cache->resume_blob("two");
  one->write("1");
  EXPECT_EQ(two->size_bytes(), 0U);
}

TEST_F(CacheTest, BeginsADownloadAnew) {
  const auto cache = open();
  const auto partial = cache->resume_blob("u");
  partial->write("bad");
  partial->restart();
  EXPECT_EQ(partial->size_bytes(), 0U);
  partial->write("good");
  EXPECT_EQ(partial->commit(Digest::of("good"), std::nullopt).size_bytes, 4U);
}

TEST_F(CacheTest, ForgetsADownloadThatDoesNotMatch) {
  const auto cache = open();
  const auto partial = cache->resume_blob("u");
  partial->write("wrong");
  EXPECT_EQ(error_text([&] { partial->commit(Digest::of("right"), std::nullopt); }),
            "error: digest mismatch: expected `" + Digest::of("right").render() + "`, got `" +
                Digest::of("wrong").render() + "`\n");
  EXPECT_EQ(partial->size_bytes(), 0U);
  partial->write("wrong");
  EXPECT_EQ(error_text([&] { partial->commit(Digest::of("wrong"), Md5Digest::of("right")); }),
            "error: digest mismatch: expected `md5:" + Md5Digest::of("right").hex() +
                "`, got `md5:" + Md5Digest::of("wrong").hex() + "`\n");
  EXPECT_EQ(partial->size_bytes(), 0U);
  EXPECT_EQ(blob_text(*cache, Digest::of("wrong")), "(nothing)");
}

TEST_F(CacheTest, RefusesADownloadThatNothingIsKnownOf) {
  const auto cache = open();
  const auto partial = cache->resume_blob("https://example.org/x");
  EXPECT_EQ(error_text([&] { partial->commit(std::nullopt, std::nullopt); }),
            "error: nothing to check the download `https://example.org/x` against: expected a "
            "sha256 or an md5 digest\n");
}

TEST_F(CacheTest, GivesADownloadToOneHolderAtATime) {
  const auto cache = open();
  const auto other = open();
  auto held = cache->resume_blob("u");
  std::atomic<bool> released = false;
  std::jthread waiting([&] {
    const auto partial = other->resume_blob("u");
    EXPECT_TRUE(released);
    EXPECT_EQ(partial->size_bytes(), 4U);
  });
  held->write("some");
  std::this_thread::sleep_for(std::chrono::milliseconds(20));
  released = true;
  held.reset();
}

}  // namespace
}  // namespace kasane::cache
