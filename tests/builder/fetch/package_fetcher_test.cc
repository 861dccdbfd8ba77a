#include "builder/fetch/package_fetcher.h"

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <filesystem>
#include <map>
#include <mutex>
#include <thread>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <stdlib.h>

#include "base/error.h"
#include "base/file_system.h"
#include "tests/support/http_server.h"

namespace kasane::builder {
namespace {

using resolver::LockedPackage;
using std::chrono::milliseconds;
using testing::ElementsAre;
using testing::EndsWith;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::StartsWith;

/// Bytes of a package that differ everywhere, so that no wrong offset goes unseen.
std::string package_bytes(std::string_view name, std::size_t size = 20'000) {
  std::string bytes;
  for (std::size_t i = 0; bytes.size() < size; ++i) bytes += fmt::format("{} {}\n", name, i);
  bytes.resize(size);
  return bytes;
}

class PackageFetcherTest : public testing::Test {
 protected:
  void SetUp() override {
    std::string name = "/dev/shm/kasane-test-XXXXXX";
    if (::mkdtemp(name.data()) == nullptr) {
      name = (std::filesystem::temp_directory_path() / "kasane-test-XXXXXX").native();
      ASSERT_NE(::mkdtemp(name.data()), nullptr);
    }
    directory_ = name;
    reopen();
  }
  void TearDown() override {
    cache_.reset();
    files_.remove_all(directory_);
  }

  void reopen() {
    cache_.reset();
    cache_ = cache::open_cache(files_, directory_ / "cache", {});
  }

  LockedPackage package(const std::string& url, std::string_view bytes) {
    LockedPackage package;
    package.name = "numpy";
    package.version = "1.26";
    package.url = url;
    package.sha256 = Digest::of(bytes);
    return package;
  }

  FetchOptions options() {
    FetchOptions options;
    options.retry.pause = [this](milliseconds time) {
      const std::lock_guard guard(mutex_);
      pauses_.push_back(time);
    };
    options.retry.random = [] { return 1.0; };
    return options;
  }

  std::vector<FetchedPackage> fetch(const std::vector<LockedPackage>& packages) {
    return PackageFetcher(*http_, *cache_, options()).fetch(packages);
  }
  std::string error_of(const std::vector<LockedPackage>& packages) {
    try {
      fetch(packages);
    } catch (const Error& error) {
      kind_ = error.kind();
      return error.render();
    }
    return "(no error)";
  }

  std::string blob_text(const Digest& digest) {
    const auto file = cache_->find_blob(digest);
    if (file == nullptr) return "(nothing)";
    FileSource source(*file);
    return read_all(source, 1 << 30, "the blob");
  }
  void leave_partial(std::string_view bytes, std::string_view begun) {
    cache_->resume_blob(Digest::of(bytes).render())->write(begun);
  }

  PosixFileSystem files_;
  Path directory_;
  std::unique_ptr<cache::Cache> cache_;
  std::unique_ptr<HttpClient> http_ = make_curl_client({.proxies_from_environment = false});
  std::mutex mutex_;
  std::vector<milliseconds> pauses_;
  ErrorKind kind_{};
};

TEST_F(PackageFetcherTest, FetchesWhatTheCacheLacks) {
  HttpServer server(
      [](const HttpCall& call) { return reply_with_file(call, package_bytes(call.path())); });
  std::vector<LockedPackage> packages;
  for (int i = 0; i < 30; ++i) {
    const std::string path = fmt::format("/p{}.conda", i);
    packages.push_back(package(server.url(path), package_bytes(path)));
  }
  const auto first = fetch({packages[3], packages[7]});
  EXPECT_THAT(first, ElementsAre(FetchedPackage{*packages[3].sha256, 20'000, false},
                                 FetchedPackage{*packages[7].sha256, 20'000, false}));
  const auto all = fetch(packages);
  for (int i = 0; i < 30; ++i) {
    EXPECT_EQ(all[i], (FetchedPackage{*packages[i].sha256, 20'000, i == 3 || i == 7}));
    EXPECT_EQ(blob_text(all[i].sha256), package_bytes(fmt::format("/p{}.conda", i)));
  }
  EXPECT_EQ(server.calls().size(), 30U);
  EXPECT_LE(server.connections(), 8U);
  EXPECT_EQ(cache_->status().partial_bytes, 0U);
}

TEST_F(PackageFetcherTest, FetchesTheSameBytesOnce) {
  HttpServer server([](const HttpCall& call) { return reply_with_file(call, package_bytes("a")); });
  std::vector<LockedPackage> packages(10, package(server.url("/a"), package_bytes("a")));
  packages[5].url = server.url("/mirror/a");
  const auto fetched = fetch(packages);
  EXPECT_EQ(server.calls().size(), 1U);
  EXPECT_EQ(std::count_if(fetched.begin(), fetched.end(),
                          [](const FetchedPackage& one) { return one.from_cache; }),
            9);
}

TEST_F(PackageFetcherTest, ChecksMd5WhereThereIsNothingBetterAndRemembersIt) {
  HttpServer server([](const HttpCall& call) { return reply_with_file(call, package_bytes("a")); });
  LockedPackage locked = package(server.url("/a"), "");
  locked.sha256.reset();
  locked.md5 = Md5Digest::of(package_bytes("a"));
  const Digest digest = Digest::of(package_bytes("a"));
  EXPECT_THAT(fetch({locked}), ElementsAre(FetchedPackage{digest, 20'000, false}));
  reopen();
  EXPECT_THAT(fetch({locked}), ElementsAre(FetchedPackage{digest, 20'000, true}));
  EXPECT_EQ(server.calls().size(), 1U);
  locked.md5 = Md5Digest::of("other");
  EXPECT_EQ(error_of({locked}),
            fmt::format("error: digest mismatch: expected `md5:{}`, got `md5:{}`\n"
                        "  while fetching `numpy` 1.26 from `{}`\n"
                        "hint: the lock and the channel disagree about this file: lock again\n",
                        Md5Digest::of("other").hex(), Md5Digest::of(package_bytes("a")).hex(),
                        server.url("/a")));
}

TEST_F(PackageFetcherTest, RefusesBytesWithAnotherDigest) {
  HttpServer server([](const HttpCall&) {
    return HttpReply::of(200, "<html>").with("Content-Type", "text/html; charset=utf-8");
  });
  LockedPackage locked = package(server.url("/t/tk-secret/a?sig=secret"), "right");
  EXPECT_EQ(error_of({locked}),
            fmt::format("error: digest mismatch: expected `{}`, got `{}`\n"
                        "  while fetching `numpy` 1.26 from `{}/t/***/a`\n"
                        "hint: the server sent a web page: a login or a proxy may stand in "
                        "between\n",
                        Digest::of("right").render(), Digest::of("<html>").render(), server.url()));
  EXPECT_EQ(kind_, ErrorKind::kIntegrity);
  EXPECT_EQ(server.calls().size(), 1U);
  EXPECT_EQ(blob_text(Digest::of("<html>")), "(nothing)");
  EXPECT_EQ(cache_->status().partial_bytes, 0U);
}

TEST_F(PackageFetcherTest, GoesOnWhereAnEarlierProcessStopped) {
  const std::string bytes = package_bytes("a");
  HttpServer server([&](const HttpCall& call) { return reply_with_file(call, bytes); });
  leave_partial(bytes, bytes.substr(0, 15'000));
  reopen();
  fetch({package(server.url("/a"), bytes)});
  EXPECT_EQ(server.calls().at(0).header("Range"), "bytes=15000-");
  EXPECT_EQ(blob_text(Digest::of(bytes)), bytes);
}

TEST_F(PackageFetcherTest, GoesOnAfterEachBreakOfTheTransfer) {
  const std::string bytes = package_bytes("a");
  std::atomic<int> calls = 0;
  HttpServer server([&](const HttpCall& call) {
    HttpReply reply = reply_with_file(call, bytes);
    if (calls == 0 || calls == 2) reply.reset_after = 5000;
    if (calls == 1) reply.close_after = 5000;
    ++calls;
    return reply;
  });
  fetch({package(server.url("/a"), bytes)});
  EXPECT_EQ(blob_text(Digest::of(bytes)), bytes);
  EXPECT_EQ(server.calls().at(1).header("Range"), "bytes=5000-");
  EXPECT_EQ(server.calls().at(2).header("Range"), "bytes=10000-");
  EXPECT_EQ(server.calls().at(3).header("Range"), "bytes=15000-");
  EXPECT_THAT(pauses_, ElementsAre(milliseconds(500), milliseconds(1000), milliseconds(2000)));
}

struct OddServer {
  const char* what;
  /// Whether the bytes of an earlier process are right.
  bool right_start;
  std::function<HttpReply(const HttpCall&, const std::string& bytes, int call)> reply;
  std::size_t calls;
};

class OddServerTest : public PackageFetcherTest, public testing::WithParamInterface<OddServer> {};

TEST_P(OddServerTest, IsCopedWith) {
  const std::string bytes = package_bytes("a");
  std::atomic<int> calls = 0;
  HttpServer server([&](const HttpCall& call) { return GetParam().reply(call, bytes, calls++); });
  leave_partial(bytes, GetParam().right_start ? bytes.substr(0, 15'000) : std::string(15'000, '0'));
  EXPECT_EQ(error_of({package(server.url("/a"), bytes)}), "(no error)");
  EXPECT_EQ(blob_text(Digest::of(bytes)), bytes);
  EXPECT_EQ(server.calls().size(), GetParam().calls);
}

INSTANTIATE_TEST_SUITE_P(
    All, OddServerTest,
    testing::Values(OddServer{"IgnoresRange", true,
                              [](const HttpCall&, const std::string& bytes, int) {
                                return HttpReply::of(200, bytes);
                              },
                              1},
                    OddServer{"SaysTheRangeCannotBe", true,
                              [](const HttpCall& call, const std::string& bytes, int) {
                                return call.header("Range").empty() ? HttpReply::of(200, bytes)
                                                                    : HttpReply::of(416);
                              },
                              2},
                    OddServer{"SendsAnotherRange", true,
                              [](const HttpCall& call, const std::string& bytes, int) {
                                return call.header("Range").empty()
                                           ? HttpReply::of(200, bytes)
                                           : HttpReply::of(206, bytes.substr(14'999))
                                                 .with("Content-Range", "bytes 14999-19999/20000");
                              },
                              2},
                    OddServer{"SendsARangeWithoutSayingWhich", true,
                              [](const HttpCall& call, const std::string& bytes, int) {
                                return call.header("Range").empty()
                                           ? HttpReply::of(200, bytes)
                                           : HttpReply::of(206, bytes.substr(15'000));
                              },
                              2},
                    OddServer{"SendsARangeInPieces", true,
                              [](const HttpCall& call, const std::string& bytes, int) {
                                const std::size_t first =
                                    std::stoul(call.header("Range").substr(6));
                                const std::string part = bytes.substr(first, 2000);
                                return HttpReply::of(206, part).with(
                                    "Content-Range", fmt::format("bytes {}-{}/20000", first,
                                                                 first + part.size() - 1));
                              },
                              3},
                    OddServer{"SendsChunks", true,
                              [](const HttpCall& call, const std::string& bytes, int) {
                                HttpReply reply = reply_with_file(call, bytes);
                                reply.chunked = true;
                                return reply;
                              },
                              1},
                    OddServer{"SendsTooLittleOnce", true,
                              [](const HttpCall& call, const std::string& bytes, int number) {
                                HttpReply reply = reply_with_file(call, bytes);
                                if (number == 0) {
                                  reply.declared_size = reply.body.size();
                                  reply.close_after = 100;
                                }
                                return reply;
                              },
                              2},
                    OddServer{"IsFineButTheStartIsWrong", false,
                              [](const HttpCall& call, const std::string& bytes, int) {
                                return reply_with_file(call, bytes);
                              },
                              2},
                    OddServer{"IsBusyFirst", true,
                              [](const HttpCall& call, const std::string& bytes, int number) {
                                return number < 2 ? HttpReply::of(503, std::string(30'000, 'x'))
                                                  : reply_with_file(call, bytes);
                              },
                              3},
                    OddServer{"Redirects", true,
                              [](const HttpCall& call, const std::string& bytes, int) {
                                return call.path() == "/a" ? HttpReply::redirect(302, "/b")
                                                           : reply_with_file(call, bytes);
                              },
                              2}),
    [](const auto& parameter) { return std::string(parameter.param.what); });

TEST_F(PackageFetcherTest, FinishesWhatIsThereInFull) {
  const std::string bytes = package_bytes("a");
  HttpServer server([&](const HttpCall& call) { return reply_with_file(call, bytes); });
  leave_partial(bytes, bytes);
  fetch({package(server.url("/a"), bytes)});
  EXPECT_THAT(server.calls().size(), 1U);
  EXPECT_EQ(blob_text(Digest::of(bytes)), bytes);
}

TEST_F(PackageFetcherTest, WaitsAsLongAsTheServerAsks) {
  std::atomic<int> calls = 0;
  HttpServer server([&](const HttpCall& call) {
    switch (calls++) {
      case 0:
        return HttpReply::of(429).with("Retry-After", "7");
      case 1:
        return HttpReply::of(503).with("Retry-After", "40");
      case 2:
        return HttpReply::of(500).with("Retry-After", "Fri, 31 Dec 1999 23:59:59 GMT");
      default:
        return reply_with_file(call, "bytes");
    }
  });
  fetch({package(server.url("/a"), "bytes")});
  EXPECT_THAT(pauses_, ElementsAre(milliseconds(7500), milliseconds(41'000), milliseconds(2000)));
}

TEST_F(PackageFetcherTest, GoesOnAsLongAsItGetsFurther) {
  const std::string bytes = package_bytes("a", 13'000'000);
  HttpServer server([&](const HttpCall& call) {
    HttpReply reply = reply_with_file(call, bytes);
    reply.close_after = 1'200'000;
    return reply;
  });
  EXPECT_EQ(error_of({package(server.url("/a"), bytes)}), "(no error)");
  EXPECT_EQ(blob_text(Digest::of(bytes)), bytes);
  EXPECT_EQ(server.calls().size(), 11U);
  EXPECT_THAT(pauses_, testing::Each(milliseconds(500)));
}

TEST_F(PackageFetcherTest, GivesUpInTheEnd) {
  HttpServer server([](const HttpCall&) { return HttpReply::of(503); });
  EXPECT_EQ(error_of({package(server.url("/a"), "bytes")}),
            fmt::format("error: `{}` answered 503\n"
                        "  after 6 attempts\n"
                        "  while fetching `numpy` 1.26 from `{}`\n",
                        server.url("/a"), server.url("/a")));
  EXPECT_EQ(kind_, ErrorKind::kNetwork);
  EXPECT_EQ(server.calls().size(), 6U);
}

TEST_F(PackageFetcherTest, DoesNotRepeatWhatCannotGetBetter) {
  HttpServer server([](const HttpCall& call) {
    return HttpReply::of(std::stoi(call.path().substr(1)), "<html>no</html>");
  });
  const struct {
    int status;
    const char* hint;
  } cases[] = {
      {400, ""},
      {401, "hint: this server wants credentials, or others than it was given\n"},
      {403, "hint: this server wants credentials, or others than it was given\n"},
      {404, "hint: the channel no longer has this file: lock again\n"},
      {410, "hint: the channel no longer has this file: lock again\n"},
      {416, ""},
      {501, ""},
  };
  std::size_t calls = 0;
  for (const auto& [status, hint] : cases) {
    const std::string url = server.url(fmt::format("/{}", status));
    EXPECT_EQ(error_of({package(url, "bytes")}),
              fmt::format("error: `{}` answered {}\n  while fetching `numpy` 1.26 from `{}`\n{}",
                          url, status, url, hint));
    EXPECT_EQ(server.calls().size(), ++calls);
  }
  EXPECT_THAT(pauses_, IsEmpty());
}

TEST_F(PackageFetcherTest, RefusesAPackageWithoutEnd) {
  HttpServer server([](const HttpCall&) {
    HttpReply reply = HttpReply::of(200, std::string(100'000, 'x'));
    reply.chunked = true;
    return reply;
  });
  FetchOptions small = options();
  small.largest_package_bytes = 50'000;
  const std::vector<LockedPackage> packages = {package(server.url("/a"), "bytes")};
  try {
    PackageFetcher(*http_, *cache_, small).fetch(packages);
    ADD_FAILURE();
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::kRefused);
    EXPECT_EQ(error.message(), "expected at most 50000 bytes, the server sends more");
  }
  EXPECT_EQ(cache_->status().partial_bytes, 0U);
}

TEST_F(PackageFetcherTest, TakesLocalFiles) {
  const std::string bytes = package_bytes("local");
  files_.create_directories(directory_ / "a channel#1");
  const Path path = directory_ / "a channel#1" / "p-1-0.conda";
  files_.create_file(path)->write(bytes);
  EXPECT_THAT(fetch({package(path, bytes)}),
              ElementsAre(FetchedPackage{Digest::of(bytes), 20'000, false}));
  EXPECT_EQ(blob_text(Digest::of(bytes)), bytes);
  const std::string missing = directory_ / "none.conda";
  EXPECT_EQ(error_of({package("file://" + missing, "x")}),
            fmt::format("error: no such file: `{}`\n  while fetching `numpy` 1.26 from "
                        "`file://{}`\n",
                        missing, missing));
  EXPECT_EQ(error_of({package(path, "x")}),
            fmt::format("error: digest mismatch: expected `{}`, got `{}`\n"
                        "  while fetching `numpy` 1.26 from `{}`\n"
                        "hint: the lock and the channel disagree about this file: lock again\n",
                        Digest::of("x").render(), Digest::of(bytes).render(), path.native()));
}

TEST_F(PackageFetcherTest, AsksNobodyWhenOffline) {
  HttpServer server([](const HttpCall& call) { return reply_with_file(call, "bytes"); });
  FetchOptions offline = options();
  offline.offline = true;
  const std::vector<LockedPackage> packages = {package(server.url("/a-1.conda"), "bytes")};
  try {
    PackageFetcher(*http_, *cache_, offline).fetch(packages);
    ADD_FAILURE();
  } catch (const Error& error) {
    EXPECT_EQ(error.message(), "`a-1.conda` is not in the cache, and fetching is off");
    EXPECT_EQ(error.hint_text(), "run once without `--offline`");
  }
  EXPECT_THAT(server.calls(), IsEmpty());
  fetch(packages);
  EXPECT_TRUE(PackageFetcher(*http_, *cache_, offline).fetch(packages).at(0).from_cache);
}

TEST_F(PackageFetcherTest, AlwaysTellsTheErrorOfTheFirstPackage) {
  HttpServer server([](const HttpCall& call) {
    HttpReply reply = call.path() == "/good" ? reply_with_file(call, "bytes") : HttpReply::of(404);
    if (call.path() == "/bad1") reply.delay = milliseconds(30);
    return reply;
  });
  std::vector<LockedPackage> packages;
  for (const char* path : {"/good", "/bad1", "/bad2", "/bad3"}) {
    packages.push_back(package(server.url(path), path == std::string("/good") ? "bytes" : path));
  }
  for (int i = 0; i < 5; ++i) {
    EXPECT_THAT(error_of(packages),
                StartsWith(fmt::format("error: `{}` answered 404\n", server.url("/bad1"))));
  }
}

TEST_F(PackageFetcherTest, UsesCredentialsInTheUrlWithoutShowingThem) {
  HttpServer server([](const HttpCall& call) {
    return call.path() == "/a" ? reply_with_file(call, "bytes") : HttpReply::of(403);
  });
  const std::string host = fmt::format("127.0.0.1:{}", server.port());
  fetch({package("http://me:secret%3f@" + host + "/a", "bytes")});
  EXPECT_EQ(server.calls().at(0).header("Authorization"), "Basic bWU6c2VjcmV0Pw==");
  EXPECT_EQ(error_of({package("http://me:secret@" + host + "/b", "x")}),
            "error: `http://" + host +
                "/b` answered 403\n  while fetching `numpy` 1.26 from `http://***@" + host +
                "/b`\nhint: this server wants credentials, or others than it was given\n");
}

TEST_F(PackageFetcherTest, AsksForAUserWhereTheUrlHasNone) {
  HttpServer server([](const HttpCall& call) { return reply_with_file(call, call.path()); });
  FetchOptions asking = options();
  asking.find_user = [](std::string_view host) -> std::optional<UserInfo> {
    return host == "127.0.0.1" ? std::optional(UserInfo{"net", "rc"}) : std::nullopt;
  };
  const std::string host = fmt::format("127.0.0.1:{}", server.port());
  PackageFetcher fetcher(*http_, *cache_, asking);
  fetcher.fetch(std::vector{package(server.url("/a"), "/a")});
  fetcher.fetch(std::vector{package("http://me:own@" + host + "/b", "/b")});
  EXPECT_EQ(server.calls().at(0).header("Authorization"), basic_authorization({"net", "rc"}));
  EXPECT_EQ(server.calls().at(1).header("Authorization"), basic_authorization({"me", "own"}));
}

TEST_F(PackageFetcherTest, TellsItsProgress) {
  const std::string bytes = package_bytes("a", 1'000'000);
  HttpServer server([&](const HttpCall& call) { return reply_with_file(call, bytes); });
  std::uint64_t received = 0;
  int done = 0;
  const auto progress = [&](const FetchProgress& progress) {
    EXPECT_EQ(progress.index, 0U);
    EXPECT_GE(progress.received_bytes, received);
    received = progress.received_bytes;
    done += progress.done ? 1 : 0;
  };
  const std::vector<LockedPackage> packages = {package(server.url("/a"), bytes)};
  PackageFetcher(*http_, *cache_, options()).fetch(packages, progress);
  EXPECT_EQ(received, bytes.size());
  EXPECT_EQ(done, 1);
}

TEST_F(PackageFetcherTest, SharesDownloadsWithOtherCaches) {
  HttpServer server([](const HttpCall& call) {
    HttpReply reply = reply_with_file(call, package_bytes(call.path()));
    reply.delay = milliseconds(2);
    return reply;
  });
  std::vector<LockedPackage> packages;
  for (int i = 0; i < 20; ++i) {
    const std::string path = fmt::format("/p{}", i);
    packages.push_back(package(server.url(path), package_bytes(path)));
  }
  {
    std::vector<std::jthread> others;
    for (int i = 0; i < 8; ++i) {
      others.emplace_back([&, i] {
        const auto cache = cache::open_cache(files_, directory_ / "cache", {});
        FetchOptions mine = options();
        mine.parallel = 1 + i % 4;
        EXPECT_EQ(PackageFetcher(*http_, *cache, mine).fetch(packages).size(), 20U);
      });
    }
  }
  EXPECT_EQ(server.calls().size(), 20U);
}

/// Eight real processes, some of which are killed while they fetch.
TEST_F(PackageFetcherTest, SharesDownloadsWithOtherProcesses) {
  HttpServer server([](const HttpCall& call) {
    HttpReply reply = reply_with_file(call, package_bytes(call.path()));
    reply.delay = milliseconds(1);
    reply.delay_in_body = milliseconds(call.header("Range").empty() ? 3 : 0);
    return reply;
  });
  std::vector<LockedPackage> packages;
  for (int i = 0; i < 24; ++i) {
    const std::string path = fmt::format("/p{}", i);
    packages.push_back(package(server.url(path), package_bytes(path)));
  }
  cache_.reset();
  const auto begin = [&](int number) {
    const pid_t child = ::fork();
    if (child != 0) return child;
    int status = 1;
    try {
      const auto cache = cache::open_cache(files_, directory_ / "cache", {});
      const auto http = make_curl_client({.proxies_from_environment = false});
      FetchOptions mine;
      mine.parallel = 1 + number % 3;
      status = PackageFetcher(*http, *cache, mine).fetch(packages).size() == 24 ? 0 : 1;
    } catch (const Error& error) {
      std::fputs(error.render().c_str(), stderr);
    }
    ::_exit(status);
  };
  const auto end = [](pid_t child) {
    int status = 0;
    ::waitpid(child, &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  };
  std::vector<pid_t> killed;
  for (int i = 0; i < 3; ++i) killed.push_back(begin(i));
  std::this_thread::sleep_for(milliseconds(25));
  for (const pid_t child : killed) ::kill(child, SIGKILL);
  for (const pid_t child : killed) end(child);
  // What they asked for last may only now come in.
  std::this_thread::sleep_for(milliseconds(30));
  const std::size_t before = server.calls().size();

  std::vector<pid_t> children;
  for (int i = 0; i < 8; ++i) children.push_back(begin(i));
  for (const pid_t child : children) EXPECT_EQ(end(child), 0);
  std::map<std::string, int> later;
  const auto calls = server.calls();
  for (std::size_t i = before; i < calls.size(); ++i) ++later[calls[i].target];
  for (const auto& [target, count] : later) EXPECT_EQ(count, 1) << target;
  reopen();
  EXPECT_THAT(cache_->verify().damaged, IsEmpty());
  EXPECT_EQ(cache_->status().blobs, 24U);
  for (const FetchedPackage& one : fetch(packages)) EXPECT_TRUE(one.from_cache);
}

}  // namespace
}  // namespace kasane::builder
