#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <functional>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include <gmock/gmock.h>

#include "tests/cache/cache_fixture.h"

namespace kasane::cache {
namespace {

using testing::Each;
using testing::IsEmpty;

/// Runs `body` in a process of its own, which ends with it.
pid_t begin_process(const std::function<void()>& body) {
  const pid_t child = ::fork();
  if (child != 0) return child;
  int status = 0;
  try {
    body();
  } catch (const Error& error) {
    std::fputs(error.render().c_str(), stderr);
    status = 1;
  }
  ::_exit(status);
}

int wait_for(pid_t child) {
  int status = 0;
  while (::waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

class ProcessesTest : public CacheTest {
 protected:
  /// Notes, for all processes, that work was done.
  void note(char what) const {
    const int file = ::open((scratch_.path() / "log").c_str(), O_WRONLY | O_APPEND | O_CREAT, 0600);
    ASSERT_EQ(::write(file, &what, 1), 1);
    ::close(file);
  }
  std::string notes() {
    std::string text = files_.read_text(scratch_.path() / "log");
    std::sort(text.begin(), text.end());
    return text;
  }
  static std::string bytes_of(unsigned n) {
    return std::string(1000 + n * 997, static_cast<char>('a' + n % 26)) + std::to_string(n);
  }
  static Outcome make(Cache& cache, unsigned n) {
    return {std::to_string(n), {add_blob(cache, bytes_of(n)).digest}};
  }
  void check(Cache& cache, unsigned n, const Outcome& outcome) {
    if (outcome.value != std::to_string(n) ||
        blob_text(cache, outcome.blobs.at(0)) != bytes_of(n)) {
      throw Error(ErrorKind::kFailed, "a wrong outcome for " + std::to_string(n));
    }
  }
  static Key key(unsigned n) { return Key::of("work", std::to_string(n)); }

  /// Some piece of a build, which may be killed at any moment.
  void do_something(Cache& cache, std::mt19937& random) {
    const unsigned n = random() % 30;
    switch (random() % 10) {
      case 0:
        cache.trim(random() % 300'000);
        break;
      case 1:
        cache.verify();
        break;
      case 2:
        cache.begin_blob()->write(bytes_of(n));
        break;
      case 3: {
        const auto partial = cache.resume_blob("download " + std::to_string(n));
        const std::string bytes = bytes_of(n);
        partial->write(std::string_view(bytes).substr(partial->size_bytes()));
        partial->commit(Digest::of(bytes), std::nullopt);
        break;
      }
      default:
        check(cache, n, cache.find_or_make(key(n), [&] { return make(cache, n); }));
    }
  }
};

TEST_F(ProcessesTest, MakeEachOutcomeOnce) {
  std::vector<pid_t> children;
  for (unsigned process = 0; process < 8; ++process) {
    children.push_back(begin_process([&] {
      const auto cache = open();
      for (unsigned i = 0; i < 26; ++i) {
        // Half of them go through the work in another order.
        const unsigned n = process % 2 == 0 ? i : (i * 7 + process) % 26;
        check(*cache, n, cache->find_or_make(key(n), [&] {
          note(static_cast<char>('a' + n));
          return make(*cache, n);
        }));
      }
    }));
  }
  for (const pid_t child : children) EXPECT_EQ(wait_for(child), 0);
  EXPECT_EQ(notes(), "abcdefghijklmnopqrstuvwxyz");
  const auto cache = open();
  EXPECT_THAT(cache->verify().damaged, IsEmpty());
  EXPECT_EQ(cache->status().outcomes, 26U);
  EXPECT_EQ(cache->status().blobs, 26U);
}

TEST_F(ProcessesTest, OpenANewCacheAtTheSameTime) {
  for (int round = 0; round < 10; ++round) {
    files_.remove_all(root());
    std::vector<pid_t> children;
    for (unsigned process = 0; process < 6; ++process) {
      children.push_back(begin_process([&] { add_blob(*open(), std::to_string(process)); }));
    }
    std::vector<int> ends;
    for (const pid_t child : children) ends.push_back(wait_for(child));
    EXPECT_THAT(ends, Each(0));
    EXPECT_EQ(open()->status().blobs, 6U);
    EXPECT_TRUE(files_.find_status(root() / "index-1.db"));
    EXPECT_FALSE(files_.find_status(root() / "index-2.db"));
  }
}

TEST_F(ProcessesTest, TakeOverTheWorkOfADeadOne) {
  const auto cache = open();
  const pid_t child = begin_process([&] {
    const auto mine = open();
    mine->find_or_make(key(1), [&]() -> Outcome {
      note('x');
      ::pause();
      return {};
    });
  });
  while (!files_.find_status(scratch_.path() / "log")) std::this_thread::yield();
  std::jthread killer([child] {
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
    ::kill(child, SIGKILL);
  });
  check(*cache, 1, cache->find_or_make(key(1), [&] { return make(*cache, 1); }));
  EXPECT_EQ(wait_for(child), 128 + SIGKILL);
}

TEST_F(ProcessesTest, NoLongerKeepInUseWhatADeadOneUsed) {
  const pid_t child = begin_process([&] {
    const auto mine = open();
    add_blob(*mine, "used");
    note('x');
    ::pause();
  });
  while (!files_.find_status(scratch_.path() / "log")) std::this_thread::yield();
  EXPECT_EQ(open()->trim(0).kept_in_use_bytes, 4U);
  ::kill(child, SIGKILL);
  wait_for(child);
  EXPECT_EQ(open()->trim(0).removed_blobs, 1U);
}

TEST_F(ProcessesTest, LeaveAWholeCacheWhenKilledAtAnyMoment) {
  std::mt19937 random(3);
  for (int round = 0; round < 100; ++round) {
    SCOPED_TRACE(round);
    std::vector<pid_t> children;
    for (int process = 0; process < 3; ++process) {
      const unsigned seed = random();
      children.push_back(begin_process([&, seed] {
        std::mt19937 mine(seed);
        const auto cache = open({.size_limit_bytes = 250'000});
        for (;;) do_something(*cache, mine);
      }));
    }
    std::this_thread::sleep_for(std::chrono::microseconds(random() % 7'000));
    for (const pid_t child : children) ::kill(child, SIGKILL);
    std::vector<int> ends;
    for (const pid_t child : children) ends.push_back(wait_for(child));
    EXPECT_THAT(ends, Each(128 + SIGKILL));
    const auto cache = open();
    EXPECT_THAT(cache->verify().damaged, IsEmpty());
    EXPECT_THAT(files_.list(root() / "tmp"), IsEmpty());
    if (HasFailure()) return;
  }
  const auto cache = open();
  for (unsigned n = 0; n < 30; ++n) {
    check(*cache, n, cache->find_or_make(key(n), [&] { return make(*cache, n); }));
  }
  EXPECT_THAT(cache->verify().damaged, IsEmpty());
  EXPECT_EQ(cache->verify().dropped_outcomes, 0U);
}

}  // namespace
}  // namespace kasane::cache
