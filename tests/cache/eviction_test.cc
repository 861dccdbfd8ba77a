#include <string>
#include <vector>

#include <gmock/gmock.h>

#include "tests/cache/cache_fixture.h"

namespace kasane::cache {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

std::string hundred(char c) { return std::string(100, c); }

class EvictionTest : public CacheTest {
 protected:
  std::string present() {
    std::string out;
    for (char c = 'a'; c <= 'z'; ++c) {
      if (files_.find_status(blob_path(Digest::of(hundred(c))))) out += c;
    }
    return out;
  }
  void add(std::string_view letters) {
    const auto cache = open();
    for (const char c : letters) add_blob(*cache, hundred(c));
  }
};

TEST_F(EvictionTest, TrimsWhatWasUsedLeastRecently) {
  add("abcde");
  open()->find_blob(Digest::of(hundred('b')));
  open()->find_blob(Digest::of(hundred('a')));
  const TrimResult result = open()->trim(250);
  EXPECT_EQ(present(), "ab");
  EXPECT_EQ(result.removed_blobs, 3U);
  EXPECT_EQ(result.freed_bytes, 300U);
  EXPECT_EQ(result.kept_in_use_bytes, 0U);
}

TEST_F(EvictionTest, CountsAFoundOutcomeAsUseOfItsBlobs) {
  add("abc");
  const Key key = Key::of("work", "");
  open()->remember(key, {"", {Digest::of(hundred('a'))}});
  add("de");
  EXPECT_TRUE(open()->find(key));
  open()->trim(100);
  EXPECT_EQ(present(), "a");
  EXPECT_TRUE(open()->find(key));
}

TEST_F(EvictionTest, RemembersUseAcrossManyProcesses) {
  add("abcdefgh");
  // More than may pile up before they are gathered.
  for (int i = 0; i < 80; ++i) {
    open()->find_blob(Digest::of(hundred(i % 2 == 0 ? 'c' : 'f')));
  }
  EXPECT_LE(files_.list(root() / "leases").size(), 65U);
  open()->trim(200);
  EXPECT_EQ(present(), "cf");
}

TEST_F(EvictionTest, KeepsWhatAnotherOpenCacheUses) {
  add("abcd");
  const auto user = open();
  user->find_blob(Digest::of(hundred('a')));
  add_blob(*user, hundred('e'));
  const TrimResult result = open()->trim(0);
  EXPECT_EQ(present(), "ae");
  EXPECT_EQ(result.removed_blobs, 3U);
  EXPECT_EQ(result.kept_in_use_bytes, 200U);
}

TEST_F(EvictionTest, ForgetsOutcomesWhoseBlobsItRemoved) {
  add("ab");
  open()->remember(Key::of("work", "a"), {"", {Digest::of(hundred('a'))}});
  open()->remember(Key::of("work", "none"), {"", {}});
  open()->trim(0);
  EXPECT_EQ(present(), "");
  EXPECT_EQ(open()->status().outcomes, 1U);
}

TEST_F(EvictionTest, HappensByItselfBeyondTheLimit) {
  add("abcdefghij");
  const auto cache = open({.size_limit_bytes = 1000});
  EXPECT_EQ(present(), "abcdefghij");
  add_blob(*cache, hundred('k'));
  EXPECT_EQ(present(), "cdefghijk");
  for (const char c : std::string("lmnopqrstuvwxyz")) add_blob(*cache, hundred(c));
  EXPECT_EQ(present(), "klmnopqrstuvwxyz") << "all that this process made is in use";
}

TEST_F(EvictionTest, EvictsBlobsThatTheIndexNeverKnewFirst) {
  add("a");
  overwrite(blob_path(Digest::of(hundred('b'))), hundred('b'));
  EXPECT_EQ(open()->status().blobs, 2U);
  open()->trim(100);
  EXPECT_EQ(present(), "a");
}

TEST_F(EvictionTest, DropsIdleDownloadsBeforeTheyCrowdOutBlobs) {
  add("a");
  const auto cache = open();
  cache->resume_blob("idle")->write(hundred('x'));
  const auto held = cache->resume_blob("held");
  held->write(hundred('y'));
  overwrite(root() / "tmp" / "0000000000000001-1-0.0", hundred('z'));
  EXPECT_EQ(cache->status().partial_bytes, 300U);
  cache->trim(200);
  EXPECT_EQ(cache->status().partial_bytes, 100U);
  EXPECT_EQ(present(), "a");
}

TEST_F(EvictionTest, LeavesForeignFilesAlone) {
  add("a");
  overwrite(root() / "blobs" / "README", "mine");
  open()->trim(0);
  EXPECT_THAT(files_.list(root() / "blobs"), ElementsAre("README"));
}

TEST_F(EvictionTest, SweepsUpAfterDeadProcessesAtTheNextOpening) {
  { open(); }
  overwrite(root() / "tmp" / "0000000000000001-1-0.0", "half");
  overwrite(root() / "locks" / "work-0", "");
  open();
  EXPECT_THAT(files_.list(root() / "tmp"), IsEmpty());
  EXPECT_THAT(files_.list(root() / "locks"), IsEmpty());
}

}  // namespace
}  // namespace kasane::cache
