#include <random>
#include <string>

#include <gmock/gmock.h>

#include "tests/cache/cache_fixture.h"

namespace kasane::cache {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

TEST_F(CacheTest, VerifyDropsDamagedBlobsAndWhatRefersToThem) {
  const auto cache = open();
  const Digest good = add_blob(*cache, "good").digest;
  const Digest bad = add_blob(*cache, "bad").digest;
  cache->remember(Key::of("work", "1"), {"", {good}});
  cache->remember(Key::of("work", "2"), {"", {good, bad}});
  overwrite(blob_path(bad), "BAD");
  overwrite(root() / "tmp" / "0000000000000001-1-0.0", "stale");
  const auto writing = cache->begin_blob();
  writing->write("live");
  const VerifyResult result = cache->verify();
  EXPECT_EQ(result.checked_blobs, 2U);
  EXPECT_THAT(result.damaged, ElementsAre(bad));
  EXPECT_EQ(result.dropped_outcomes, 1U);
  EXPECT_TRUE(cache->find(Key::of("work", "1")));
  EXPECT_EQ(blob_text(*cache, bad), "(nothing)");
  EXPECT_EQ(writing->commit().digest, Digest::of("live"));

  const VerifyResult again = cache->verify();
  EXPECT_EQ(again.checked_blobs, 2U);
  EXPECT_THAT(again.damaged, IsEmpty());
  EXPECT_EQ(again.dropped_outcomes, 0U);
}

class DamagedIndexTest : public CacheTest {
 protected:
  Path index() const { return root() / "index-1.db"; }
  /// Fills a cache with 50 outcomes and closes it.
  void fill() {
    const auto cache = open();
    for (int i = 0; i < 50; ++i) {
      const std::string text = std::to_string(i);
      cache->remember(Key::of("work", text), {"value " + text, {add_blob(*cache, text).digest}});
    }
  }
  /// Whatever is found is right; what is not found can be made again.
  int count_right_answers() {
    const auto cache = open();
    int right = 0;
    for (int i = 0; i < 50; ++i) {
      const std::string text = std::to_string(i);
      EXPECT_EQ(blob_text(*cache, Digest::of(text)), text);
      const Outcome expected{"value " + text, {Digest::of(text)}};
      if (const auto found = cache->find(Key::of("work", text))) {
        EXPECT_EQ(*found, expected);
        ++right;
      }
      EXPECT_EQ(cache->find_or_make(Key::of("work", text), [&] { return expected; }), expected);
    }
    EXPECT_THAT(cache->verify().damaged, IsEmpty());
    return right;
  }
};

TEST_F(DamagedIndexTest, IsMadeAgainFromTheBlobs) {
  fill();
  const std::string whole = files_.read_text(index());
  const struct {
    const char* what;
    std::string bytes;
  } cases[] = {
      {"empty", ""},
      {"no SQLite file", "this is no database, and long enough to be taken for one" + whole},
      {"only a header", whole.substr(0, 100)},
      {"only the first page", whole.substr(0, 4096)},
      {"half", whole.substr(0, whole.size() / 2)},
      {"zeros", std::string(whole.size(), '\0')},
      {"header, then zeros", whole.substr(0, 100) + std::string(whole.size() - 100, '\0')},
  };
  for (const auto& damage : cases) {
    SCOPED_TRACE(damage.what);
    overwrite(index(), damage.bytes);
    for (const char* other : {"index-2.db", "index-3.db"}) files_.remove(root() / other);
    count_right_answers();
    EXPECT_EQ(count_right_answers(), 50) << "all was remembered anew";
  }
}

TEST_F(DamagedIndexTest, OfAnotherProgramIsLeftForANewOne) {
  fill();
  const std::string whole = files_.read_text(index());
  std::string foreign = whole;
  foreign.replace(68, 4, "othr");  // SQLite's field "application id"
  overwrite(index(), foreign);
  EXPECT_EQ(count_right_answers(), 0);
}

TEST_F(DamagedIndexTest, InPlaceOfADirectoryIsBegunAnew) {
  fill();
  files_.remove(index());
  files_.create_directories(index());
  EXPECT_EQ(count_right_answers(), 0);
  EXPECT_EQ(count_right_answers(), 50);
}

TEST_F(DamagedIndexTest, NeverAnswersWrongWhateverBytesAreFlipped) {
  fill();
  const std::string whole = files_.read_text(index());
  std::mt19937 random(7);
  for (int round = 0; round < 40; ++round) {
    SCOPED_TRACE(round);
    std::string damaged = whole;
    for (int flips = 1 << random() % 8; flips > 0; --flips) {
      damaged[random() % damaged.size()] ^= static_cast<char>(1 << random() % 8);
    }
    for (const std::string& name : files_.list(root())) {
      if (name.starts_with("index-")) files_.remove_all(root() / name);
    }
    overwrite(index(), damaged);
    count_right_answers();
  }
}

TEST_F(DamagedIndexTest, IsReplacedWhileTheCacheIsOpen) {
  fill();
  const auto cache = open();
  EXPECT_TRUE(cache->find(Key::of("work", "1")));
  std::string zeros(files_.find_status(index())->size - 4096, '\0');
  {
    FILE* file = std::fopen(index().c_str(), "r+");
    std::fseek(file, 4096, SEEK_SET);
    std::fwrite(zeros.data(), 1, zeros.size(), file);
    std::fclose(file);
  }
  for (int i = 0; i < 50; ++i) {
    const std::string text = std::to_string(i);
    const Outcome expected{"value " + text, {Digest::of(text)}};
    EXPECT_EQ(cache->find_or_make(Key::of("work", text), [&] { return expected; }), expected);
    EXPECT_EQ(blob_text(*cache, Digest::of(text)), text);
  }
}

}  // namespace
}  // namespace kasane::cache
