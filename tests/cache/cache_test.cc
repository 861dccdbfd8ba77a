#include "cache/cache.h"

#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <string>
#include <thread>
#include <vector>

#include <gmock/gmock.h>

#include "tests/cache/cache_fixture.h"

namespace kasane::cache {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

TEST(CacheKey, IsAFunctionOfKindAndInputs) {
  const std::string inputs = R"({"a":1})";
  EXPECT_EQ(Key::of("fragment", inputs).render(),
            "fragment-" + Digest::of(std::string("fragment") + '\0' + inputs).hex());
  EXPECT_NE(Key::of("a", "bc"), Key::of("ab", "c"));
  EXPECT_EQ(Key::of("a", "bc"), Key::of("a", "bc"));
}

TEST(CacheKey, RefusesKindsThatAreNoFileNames) {
  for (const char* kind : {"", "a/b", "A", "a b", "..", "a\n"}) {
    EXPECT_THROW(Key::of(kind, ""), Error) << kind;
  }
  EXPECT_EQ(error_text([] { Key::of("a/b", ""); }),
            "error: expected lower-case letters, digits and `-` as the kind of a cache key, got "
            "`a/b`\n");
}

TEST_F(CacheTest, GivesBackWhatWasWritten) {
  const auto cache = open();
  const std::string large(3'000'000, 'x');
  const BlobSize small = add_blob(*cache, "hello");
  EXPECT_EQ(small, (BlobSize{Digest::of("hello"), 5}));
  auto writer = cache->begin_blob();
  for (std::size_t i = 0; i < large.size(); i += 1000) {
    writer->write(std::string_view(large).substr(i, 1000));
  }
  writer->write(large);
  EXPECT_EQ(writer->commit(Digest::of(large + large)).size_bytes, 2 * large.size());
  EXPECT_EQ(blob_text(*cache, small.digest), "hello");
  EXPECT_EQ(blob_text(*cache, Digest::of(large + large)), large + large);
  EXPECT_EQ(blob_text(*cache, Digest::of("other")), "(nothing)");
}

TEST_F(CacheTest, KeepsTheEmptyBlob) {
  const auto cache = open();
  add_blob(*cache, "");
  EXPECT_EQ(blob_text(*cache, Digest::of("")), "");
}

TEST_F(CacheTest, ShowsNothingOfABlobThatIsDroppedOrHasAnotherDigest) {
  const auto cache = open();
  cache->begin_blob()->write("dropped");
  auto writer = cache->begin_blob();
  writer->write("wrong");
  EXPECT_EQ(error_text([&] { writer->commit(Digest::of("right")); }),
            "error: digest mismatch: expected `" + Digest::of("right").render() + "`, got `" +
                Digest::of("wrong").render() + "`\n");
  writer.reset();
  EXPECT_EQ(blob_text(*cache, Digest::of("dropped")), "(nothing)");
  EXPECT_EQ(blob_text(*cache, Digest::of("wrong")), "(nothing)");
  EXPECT_EQ(cache->status().partial_bytes, 0U);
  EXPECT_THAT(files_.list(root() / "tmp"), IsEmpty());
}

TEST_F(CacheTest, RemembersOutcomesAcrossObjects) {
  const Key key = Key::of("layer", "inputs");
  Outcome outcome{"value\0with zero", {}};
  {
    const auto cache = open();
    outcome.blobs = {add_blob(*cache, "one").digest, add_blob(*cache, "two").digest};
    EXPECT_EQ(cache->find(key), std::nullopt);
    cache->remember(key, outcome);
    EXPECT_EQ(cache->find(key), outcome);
  }
  const auto cache = open();
  EXPECT_EQ(cache->find(key), outcome);
  outcome.value = "another";
  cache->remember(key, outcome);
  EXPECT_EQ(open()->find(key), outcome);
  EXPECT_EQ(cache->status().outcomes, 1U);
}

TEST_F(CacheTest, TakesAnOutcomeWithoutAllItsBlobsForAMiss) {
  const auto cache = open();
  const Digest one = add_blob(*cache, "one").digest;
  const Digest two = add_blob(*cache, "two").digest;
  const Key key = Key::of("layer", "inputs");
  cache->remember(key, {"value", {one, two}});
  files_.remove(blob_path(two));
  EXPECT_EQ(cache->find(key), std::nullopt);
  EXPECT_EQ(error_text([&] {
              cache->remember(key, {"value", {one, two}});
            }),
            "error: cannot remember `" + key.render() + "`: its blob `" + two.render() +
                "` is not in the cache\n");
}

TEST_F(CacheTest, DropsABlobWhoseSizeHasChanged) {
  const auto cache = open();
  const Digest digest = add_blob(*cache, "blob").digest;
  const Key key = Key::of("layer", "inputs");
  cache->remember(key, {"value", {digest}});
  overwrite(blob_path(digest), "blo");
  EXPECT_EQ(cache->find(key), std::nullopt);
  EXPECT_FALSE(files_.find_status(blob_path(digest)));

  add_blob(*cache, "blob");
  EXPECT_NE(cache->find(key), std::nullopt);
  overwrite(blob_path(digest), "blobs");
  EXPECT_EQ(cache->find_blob(digest), nullptr);
  EXPECT_FALSE(files_.find_status(blob_path(digest)));
}

TEST_F(CacheTest, KeepsAnOpenBlobReadableWhenItsFileGoes) {
  const auto cache = open();
  const Digest digest = add_blob(*cache, "blob").digest;
  const auto file = cache->find_blob(digest);
  files_.remove(blob_path(digest));
  EXPECT_EQ(text_of(*file), "blob");
}

TEST_F(CacheTest, MakesAnOutcomeOnceForAllThreads) {
  const auto cache = open();
  std::array<std::atomic<int>, 4> made{};
  {
    std::vector<std::jthread> threads;
    for (int t = 0; t < 16; ++t) {
      threads.emplace_back([&, t] {
        const int which = t % 4;
        const Outcome outcome =
            cache->find_or_make(Key::of("work", std::to_string(which)), [&]() -> Outcome {
              ++made[which];
              std::this_thread::yield();
              return {"made", {add_blob(*cache, std::to_string(which)).digest}};
            });
        EXPECT_EQ(outcome.value, "made");
        EXPECT_THAT(outcome.blobs, ElementsAre(Digest::of(std::to_string(which))));
      });
    }
  }
  for (const auto& count : made) EXPECT_EQ(count, 1);
}

TEST_F(CacheTest, LetsTheNextOneMakeWhatFailed) {
  const auto cache = open();
  const Key key = Key::of("work", "");
  const auto fail = []() -> Outcome { throw Error(ErrorKind::kFailed, "no luck"); };
  EXPECT_EQ(error_text([&] { cache->find_or_make(key, fail); }), "error: no luck\n");
  EXPECT_EQ(cache->find(key), std::nullopt);
  EXPECT_EQ(cache->find_or_make(key, [] { return Outcome{"luck", {}}; }).value, "luck");
  EXPECT_EQ(cache->find_or_make(key, fail).value, "luck");
}

TEST_F(CacheTest, MakesOnePieceOfWorkWithinAnother) {
  const auto cache = open();
  const Outcome outer = cache->find_or_make(Key::of("outer", ""), [&] {
    return cache->find_or_make(Key::of("inner", ""), [] { return Outcome{"inner", {}}; });
  });
  EXPECT_EQ(outer.value, "inner");
}

TEST_F(CacheTest, LeavesNoLockFilesBehind) {
  open()->find_or_make(Key::of("work", ""), [] { return Outcome{"done", {}}; });
  EXPECT_THAT(files_.list(root() / "locks"), IsEmpty());
  EXPECT_THAT(files_.list(root() / "leases"), IsEmpty());
}

TEST_F(CacheTest, LeavesCachesOfOtherVersionsAlone) {
  files_.create_directories(scratch_.path() / "v2");
  overwrite(scratch_.path() / "v2" / "index.db", "of the future");
  add_blob(*open(), "blob");
  EXPECT_EQ(files_.read_text(scratch_.path() / "v2" / "index.db"), "of the future");
  EXPECT_THAT(files_.list(scratch_.path()), ElementsAre("v1", "v2"));
}

TEST_F(CacheTest, TellsItsStatus) {
  const auto cache = open({.size_limit_bytes = 1000});
  add_blob(*cache, "one");
  add_blob(*cache, "two!");
  add_blob(*cache, "two!");
  cache->remember(Key::of("work", ""), {"", {}});
  cache->resume_blob("download")->write("12345");
  const CacheStatus status = cache->status();
  EXPECT_EQ(status.path, root());
  EXPECT_EQ(status.version, 1);
  EXPECT_EQ(status.size_limit_bytes, 1000U);
  EXPECT_EQ(status.blobs, 2U);
  EXPECT_EQ(status.bytes, 7U);
  EXPECT_EQ(status.outcomes, 1U);
  EXPECT_EQ(status.partial_bytes, 5U);
}

TEST_F(CacheTest, ExplainsADirectoryThatCannotBeMade) {
  overwrite(scratch_.path() / "file", "");
  const Path below = scratch_.path() / "file" / "cache";
  EXPECT_EQ(error_text([&] { open_cache(files_, below, {}); }),
            "error: cannot make directory `" + (below / "v1/blobs").native() +
                "`: Not a directory\n"
                "  while opening the cache `" +
                below.native() +
                "`\n"
                "hint: choose a writable directory with `KASANE_CACHE_DIR`\n");
}

TEST_F(CacheTest, ExplainsADirectoryThatCannotBeWritten) {
  if (::geteuid() == 0) GTEST_SKIP() << "permissions do not hold for root";
  ::chmod(scratch_.path().c_str(), 0500);
  EXPECT_EQ(error_text([&] { open(); }),
            "error: cannot make directory `" + (root() / "blobs").native() +
                "`: Permission denied\n"
                "  while opening the cache `" +
                scratch_.path().native() +
                "`\n"
                "hint: choose a writable directory with `KASANE_CACHE_DIR`\n");
  ::chmod(scratch_.path().c_str(), 0700);
}

}  // namespace
}  // namespace kasane::cache
