#include <cerrno>
#include <map>
#include <random>
#include <string>

#include <gmock/gmock.h>

#include "tests/cache/cache_fixture.h"
#include "tests/support/memory_file_system.h"

namespace kasane::cache {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;

const Path kDirectory = "/cache";

/// Blobs on a disk that can crash; the index on a real one, which the crash does not touch, so that
/// it is ahead of the blobs, and is lost at times, so that it is behind.
class CrashTest : public testing::Test {
 protected:
  std::unique_ptr<Cache> open() {
    return open_cache(files_, kDirectory,
                      {.size_limit_bytes = 4000,
                       .index_directory = index_.path() / std::to_string(index_number_)});
  }
  void lose_index() { ++index_number_; }

  /// Some piece of a build, by chance.
  void do_something(Cache& cache, std::mt19937& random) {
    const std::string text = text_number(random() % 40);
    switch (random() % 8) {
      case 0:
        cache.begin_blob()->write(text);
        break;
      case 1:
        cache.trim(random() % 4000);
        break;
      case 2:
        download(cache, random() % 40, random() % 2 == 0);
        break;
      case 3:
        check_found(cache, text);
        break;
      default:
        const Outcome outcome = cache.find_or_make(Key::of("work", text), [&] {
          return Outcome{text, {add_blob(cache, text).digest, add_blob(cache, text + text).digest}};
        });
        EXPECT_EQ(outcome.value, text);
    }
  }

  static std::string text_number(unsigned n) {
    return std::string(10 + n * 7, static_cast<char>('a' + n % 26)) + std::to_string(n);
  }

  void download(Cache& cache, unsigned n, bool broken_off) {
    const std::string text = text_number(n);
    const auto partial = cache.resume_blob(text);
    if (partial->size_bytes() > text.size()) partial->restart();
    const std::string_view rest = std::string_view(text).substr(partial->size_bytes());
    partial->write(rest.substr(0, rest.size() / 2));
    if (broken_off) return;
    partial->write(rest.substr(rest.size() / 2));
    try {
      partial->commit(std::nullopt, Md5Digest::of(text));
    } catch (const Error& error) {
      if (error.kind() != ErrorKind::kIntegrity) throw;
      EXPECT_EQ(partial->size_bytes(), 0U);
      partial->write(text);
      partial->commit(Digest::of(text), std::nullopt);
    }
  }

  void check_found(Cache& cache, const std::string& text) {
    const auto found = cache.find(Key::of("work", text));
    if (!found) return;
    EXPECT_EQ(found->value, text);
    ASSERT_EQ(found->blobs.size(), 2U);
    EXPECT_EQ(blob_text(cache, found->blobs[0]), text);
    EXPECT_EQ(blob_text(cache, found->blobs[1]), text + text);
  }

  /// All that the crash has left visible is whole.
  void check_all() {
    for (const std::string& name : files_.list(kDirectory / "v1" / "blobs")) {
      EXPECT_EQ(Digest::of(files_.read_text(kDirectory / "v1" / "blobs" / name)).hex(), name);
    }
    const auto cache = open();
    for (unsigned n = 0; n < 40; ++n) check_found(*cache, text_number(n));
    EXPECT_THAT(cache->verify().damaged, IsEmpty());
    EXPECT_THAT(files_.list(kDirectory / "v1" / "tmp"), IsEmpty());
    EXPECT_THAT(cache->verify().dropped_outcomes, 0U);
  }

  MemoryFileSystem files_{11};
  ScratchDirectory index_;
  int index_number_ = 0;
};

TEST_F(CrashTest, LeavesOnlyWholeBlobsVisibleWhateverTheMoment) {
  std::mt19937 random(5);
  for (unsigned round = 0; round < 170; ++round) {
    SCOPED_TRACE(round);
    files_.lose_power_after(round < 120 ? round : random() % 200);
    try {
      const auto cache = open();
      for (int i = 0; i < 40; ++i) do_something(*cache, random);
    } catch (const Error& error) {
      EXPECT_TRUE(files_.power_is_lost()) << error.render();
    }
    files_.restore_power();
    if (random() % 4 == 0) lose_index();
    check_all();
    if (HasFailure()) return;
  }
}

TEST_F(CrashTest, KeepsWhatAClosedCacheHeld) {
  const Key key = Key::of("work", "");
  {
    const auto cache = open();
    for (int i = 0; i < 10; ++i) add_blob(*cache, std::to_string(i));
    cache->remember(key, {"", {Digest::of("3")}});
  }
  files_.lose_power_after(0);
  EXPECT_EQ(error_text([&] { files_.remove(kDirectory / "v1/blobs" / Digest::of("1").hex()); }),
            "error: the power is off\n");
  files_.restore_power();
  const auto cache = open();
  for (int i = 0; i < 10; ++i) {
    EXPECT_EQ(blob_text(*cache, Digest::of(std::to_string(i))), std::to_string(i));
  }
  EXPECT_TRUE(cache->find(key));
}

TEST_F(CrashTest, ClosesWithoutAComplaintWhenThePowerIsGone) {
  auto cache = open();
  add_blob(*cache, "blob");
  auto writer = cache->begin_blob();
  files_.lose_power_after(0);
  EXPECT_EQ(error_text([&] { writer->write(std::string(1 << 20, 'x')); }),
            "error: the power is off\n");
  writer.reset();
  cache.reset();
}

TEST_F(CrashTest, SurvivesEveryFailureOfTheDisk) {
  std::mt19937 random(6);
  const char* const operations[] = {"write",  "sync",           "rename", "create",
                                    "remove", "sync_directory", "open"};
  for (unsigned round = 0; round < 70; ++round) {
    SCOPED_TRACE(round);
    files_.fail(operations[round % 7], "/v1/", round % 2 == 0 ? EIO : ENOSPC, random() % 20);
    for (int i = 0; i < 8; ++i) {
      try {
        const auto cache = open();
        do_something(*cache, random);
      } catch (const Error& error) {
        EXPECT_THAT(error.message(), HasSubstr("/v1/")) << "the path is named";
      }
    }
    files_.mend();
    check_all();
    if (HasFailure()) return;
  }
}

TEST_F(CrashTest, SaysThatTheDiskIsFull) {
  const auto cache = open();
  files_.set_capacity(1000);
  auto writer = cache->begin_blob();
  const std::string text = error_text([&] { writer->write(std::string(1 << 20, 'x')); });
  EXPECT_THAT(text, HasSubstr("error: cannot write `/cache/v1/tmp/"));
  EXPECT_THAT(text, HasSubstr(": No space left on device\n"
                              "hint: free some disk space, or move the cache with `KASANE_HOME`"));
  writer.reset();
  EXPECT_EQ(cache->status().partial_bytes, 0U);
  add_blob(*cache, "small enough");
}

TEST_F(CrashTest, ADownloadOnAFullDiskGoesOnWhereTheDiskStopped) {
  const auto cache = open();
  const std::string text(5000, 'x');
  const auto partial = cache->resume_blob("u");
  files_.set_capacity(3000);
  EXPECT_THROW(partial->write(text), Error);
  const std::uint64_t size = partial->size_bytes();
  EXPECT_GT(size, 2000U);
  EXPECT_LE(size, 3000U);
  files_.mend();
  partial->write(std::string_view(text).substr(size));
  EXPECT_EQ(partial->commit(Digest::of(text), std::nullopt).size_bytes, 5000U);
}

}  // namespace
}  // namespace kasane::cache
