#include "resolver/conda/channel_data.h"

#include <atomic>
#include <cstdlib>
#include <fstream>
#include <map>
#include <mutex>
#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>
#include <zstd.h>

#include "base/digest.h"
#include "base/error.h"
#include "tests/support/http_server.h"
#include "tests/support/temporary_directory.h"

namespace kasane::resolver {
namespace {

using nlohmann::json;
using ::testing::HasSubstr;
using ::testing::Not;

json record(const std::string& name, const std::string& version) {
  return {{"name", name}, {"version", version}, {"build", "0"}, {"depends", json::array()}};
}

std::string repodata(const std::string& name, const std::vector<std::string>& versions,
                     const std::string& base_url = "") {
  json out = {{"info", {{"subdir", "noarch"}}}, {"packages", json::object()}};
  if (!base_url.empty()) out["info"]["base_url"] = base_url;
  for (const std::string& version : versions) {
    out["packages.conda"][name + "-" + version + "-0.conda"] = record(name, version);
  }
  return out.dump();
}

std::string compressed(const std::string& bytes) {
  std::string out(ZSTD_compressBound(bytes.size()), '\0');
  out.resize(ZSTD_compress(out.data(), out.size(), bytes.data(), bytes.size(), 1));
  return out;
}

std::string msgpack(const json& value) {
  const std::vector<std::uint8_t> bytes = json::to_msgpack(value);
  return compressed({bytes.begin(), bytes.end()});
}

/// A server of files that are in memory, which can be changed while it runs.
class ChannelDataTest : public ::testing::Test {
 protected:
  void put(const std::string& path, const std::string& body,
           std::vector<std::pair<std::string, std::string>> headers = {}) {
    const std::lock_guard lock(mutex_);
    HttpReply reply = HttpReply::of(200, body);
    reply.headers = std::move(headers);
    files_[path] = reply;
  }
  void put_reply(const std::string& path, HttpReply reply) {
    const std::lock_guard lock(mutex_);
    files_[path] = std::move(reply);
  }
  HttpReply answer(const HttpCall& call) {
    const std::lock_guard lock(mutex_);
    if (!password_.empty() && call.header("Authorization") != password_) return HttpReply::of(401);
    const auto found = files_.find(call.path());
    if (found == files_.end()) return HttpReply::of(404, "<html>no such file</html>");
    for (const auto& [name, value] : found->second.headers) {
      if (name == "ETag" && call.header("If-None-Match") == value) {
        HttpReply reply = HttpReply::of(304);
        reply.headers = found->second.headers;
        return reply;
      }
    }
    return found->second;
  }

  Channel channel(const std::string& path = "/c") {
    return Channel::parse(server_.url(path), settings_);
  }
  ChannelData open(const std::vector<Channel>& channels,
                   const std::vector<std::string>& subdirs = {"noarch"}) {
    return ChannelData::open(channels, subdirs, *http_, options_);
  }
  std::string error_of(const std::vector<Channel>& channels,
                       const std::vector<std::string>& subdirs = {"noarch"},
                       ErrorKind kind = ErrorKind::kNetwork) {
    try {
      open(channels, subdirs);
    } catch (const Error& error) {
      EXPECT_EQ(error.kind(), kind) << error.render();
      return shown(error.render());
    }
    return "no error";
  }
  /// The server's port is another each time.
  std::string shown(std::string text) const {
    const std::string url = server_.url();
    for (std::size_t at = text.find(url); at != std::string::npos; at = text.find(url)) {
      text.replace(at, url.size(), "http://server");
    }
    return text;
  }
  /// All calls since the last time, as paths.
  std::vector<std::string> calls() {
    std::vector<std::string> out;
    const std::vector<HttpCall> all = server_.calls();
    for (; seen_ < all.size(); ++seen_) out.push_back(all[seen_].path());
    return out;
  }
  std::string versions(const ChannelData& data, const std::string& name) {
    std::string out;
    for (const OpenedChannel& opened : data.channels()) {
      for (const auto& source : opened.subdirs) {
        const auto table = source->find(name);
        for (std::size_t i = 0; table && i < table->size(); ++i) {
          out += (out.empty() ? "" : " ") + std::string(table->record(i).version);
        }
      }
    }
    return out;
  }
  /// All that is on disk.
  std::string kept() {
    std::string out;
    for (const auto& entry : std::filesystem::directory_iterator(directory_.path())) {
      std::ifstream in(entry.path(), std::ios::binary);
      out += entry.path().string() + "\n" + std::string(std::istreambuf_iterator<char>(in), {});
    }
    return out;
  }

  std::mutex mutex_;
  std::map<std::string, HttpReply> files_;
  std::string password_;
  HttpServer server_{[this](const HttpCall& call) { return answer(call); }};
  ChannelSettings settings_;
  testing::TemporaryDirectory directory_;
  std::unique_ptr<HttpClient> http_ = make_curl_client({});
  std::int64_t time_ = 1'700'000'000;
  ChannelDataOptions options_ = {.directory = directory_.path(),
                                 .attempts = 2,
                                 .now = [this] { return time_; },
                                 .pause = [](std::chrono::milliseconds) {}};
  std::size_t seen_ = 0;
};

TEST_F(ChannelDataTest, TakesTheFirstFileThatThereIs) {
  put("/c/noarch/repodata.json", repodata("a", {"1"}));
  EXPECT_EQ(versions(open({channel()}), "a"), "1");
  EXPECT_THAT(calls(), ::testing::ElementsAre(
                           "/c/noarch/repodata_shards.msgpack.zst", "/c/noarch/repodata.json.zst",
                           "/c/noarch/repodata.json.bz2", "/c/noarch/repodata.json"));
  put("/c/noarch/repodata.json.zst", compressed(repodata("a", {"1", "2"})));
  options_.refresh = true;
  EXPECT_EQ(versions(open({channel()}), "a"), "1 2");
  EXPECT_THAT(calls(), ::testing::ElementsAre("/c/noarch/repodata_shards.msgpack.zst",
                                              "/c/noarch/repodata.json.zst"));
}

TEST_F(ChannelDataTest, AsksOnlyWhetherItHasChanged) {
  put("/c/noarch/repodata.json.zst", compressed(repodata("a", {"1"})),
      {{"ETag", "\"one\""}, {"Cache-Control", "public, max-age=60"}});
  open({channel()});
  calls();
  time_ += 59;
  EXPECT_EQ(versions(open({channel()}), "a"), "1");
  EXPECT_THAT(calls(), ::testing::IsEmpty());
  time_ += 2;
  EXPECT_EQ(versions(open({channel()}), "a"), "1");
  EXPECT_THAT(calls(), ::testing::ElementsAre("/c/noarch/repodata.json.zst"));
  EXPECT_EQ(server_.calls().back().header("If-None-Match"), "\"one\"");
  time_ += 50;
  open({channel()});
  EXPECT_THAT(calls(), ::testing::IsEmpty());
  put("/c/noarch/repodata.json.zst", compressed(repodata("a", {"2"})), {{"ETag", "\"two\""}});
  time_ += 50;
  EXPECT_EQ(versions(open({channel()}), "a"), "2");
  EXPECT_THAT(calls(), ::testing::ElementsAre("/c/noarch/repodata.json.zst"));
}

TEST_F(ChannelDataTest, LooksForBetterFilesAfterAWeek) {
  put("/c/noarch/repodata.json", repodata("a", {"1"}), {{"ETag", "\"one\""}});
  open({channel()});
  calls();
  time_ += 8 * 24 * 3600;
  put("/c/noarch/repodata.json.zst", compressed(repodata("a", {"2"})));
  EXPECT_EQ(versions(open({channel()}), "a"), "2");
}

TEST_F(ChannelDataTest, OfflineTakesWhatIsKept) {
  options_.offline = true;
  EXPECT_EQ(error_of({channel()}),
            "error: nothing of `http://server/c/noarch` is kept, and nothing may be fetched\n"
            "  while reading the channel `http://server/c/noarch`\n"
            "hint: run it once without `--offline`\n");
  options_.offline = false;
  put("/c/noarch/repodata.json", repodata("a", {"1"}));
  open({channel()});
  calls();
  options_.offline = true;
  time_ += 1'000'000;
  EXPECT_EQ(versions(open({channel()}), "a"), "1");
  EXPECT_THAT(calls(), ::testing::IsEmpty());
}

TEST_F(ChannelDataTest, ASubdirMayBeMissingButNotAll) {
  put("/c/linux-64/repodata.json", repodata("a", {"1"}));
  const ChannelData data = open({channel()}, {"linux-64", "noarch"});
  ASSERT_EQ(data.channels().front().subdirs.size(), 1U);
  EXPECT_EQ(data.channels().front().subdirs.front()->subdir(), "linux-64");
  ASSERT_EQ(data.warnings().size(), 1U);
  EXPECT_EQ(data.warnings().front().code, "channel-without-noarch");
  EXPECT_EQ(error_of({channel("/none")}, {"linux-64", "noarch"}),
            "error: expected a conda channel at `http://server/none`, found no repodata of "
            "`linux-64`, `noarch`\n"
            "hint: check the channel's name and its labels\n");
}

TEST_F(ChannelDataTest, KeepsTheOrderOfChannels) {
  put("/a/noarch/repodata.json", repodata("x", {"1"}));
  put("/b/noarch/repodata.json", repodata("x", {"2"}));
  put("/c/noarch/repodata.json", repodata("x", {"3"}));
  EXPECT_EQ(versions(open({channel("/c"), channel("/a"), channel("/b")}), "x"), "3 1 2");
  EXPECT_EQ(versions(open({channel("/c/noarch"), channel("/a/linux-64")}), "x"), "3");
}

TEST_F(ChannelDataTest, RefusesWhatIsNoRepodataAndKeepsTheOld) {
  const std::string html = "<!DOCTYPE html><title>Sign in</title>";
  const std::string good = repodata("a", {"1"});
  put("/c/noarch/repodata.json", good);
  open({channel()});
  const auto expect = [&](const std::string& file, const HttpReply& reply, ErrorKind kind,
                          const std::string& text) {
    put_reply("/c/noarch/" + file, reply);
    options_.refresh = true;
    EXPECT_THAT(error_of({channel()}, {"noarch"}, kind), HasSubstr(text)) << file;
    options_.refresh = false;
    options_.offline = true;
    EXPECT_EQ(versions(open({channel()}), "a"), "1") << file;
    options_.offline = false;
  };
  expect(
      "repodata.json", HttpReply::of(200, html), ErrorKind::kIntegrity,
      "error: expected repodata as a JSON object, found `<!DOCTYPE html><title>Sign in</title>`\n"
      "  while reading `http://server/c/noarch/repodata.json`\n"
      "  while reading the channel `http://server/c/noarch`\n"
      "hint: is that the address of a conda channel?\n");
  expect("repodata.json", HttpReply::of(200, good.substr(0, good.size() - 4)),
         ErrorKind::kIntegrity, "the repodata ends early, after");
  HttpReply broken = HttpReply::of(200, good);
  broken.reset_after = 20;
  expect("repodata.json", broken, ErrorKind::kNetwork, "error: ");
  expect("repodata.json", HttpReply::of(500), ErrorKind::kNetwork,
         "expected the file `http://server/c/noarch/repodata.json`, got HTTP status 500");
  expect("repodata.json", HttpReply::of(403), ErrorKind::kNetwork, "credentials");
  const std::string zst = compressed(good);
  expect("repodata.json.zst", HttpReply::of(200, zst.substr(0, zst.size() - 5)),
         ErrorKind::kIntegrity, "error: ");
  expect("repodata.json.zst", HttpReply::of(200, "garbage that is no zstd"), ErrorKind::kIntegrity,
         "expected compressed repodata, found `garbage that is no zstd`");
  expect("repodata_shards.msgpack.zst", HttpReply::of(200, compressed("\x81\xa1")),
         ErrorKind::kIntegrity, "MessagePack");
}

TEST_F(ChannelDataTest, PassesOverPagesForPeople) {
  put("/c/noarch/repodata_shards.msgpack.zst", "  <HTML>welcome");
  put("/c/noarch/repodata.json.zst", "<!doctype html>");
  put("/c/noarch/repodata.json", repodata("a", {"1"}));
  EXPECT_EQ(versions(open({channel()}), "a"), "1");
}

TEST_F(ChannelDataTest, TriesAgainWhatMayPass) {
  put_reply("/c/noarch/repodata.json.bz2", HttpReply::of(503));
  EXPECT_THAT(error_of({channel()}), HasSubstr("got HTTP status 503"));
  EXPECT_EQ(server_.count_calls("/c/noarch/repodata.json.bz2"), 2U);
}

TEST_F(ChannelDataTest, TriesMirrorsInOrder) {
  settings_.mirrors[server_.url("/c")] = {server_.url("/gone"), server_.url("/broken"),
                                          server_.url("/good")};
  put_reply("/broken/noarch/repodata.json", HttpReply::of(502));
  put("/good/noarch/repodata.json", repodata("a", {"1"}));
  const ChannelData data = open({channel()});
  EXPECT_EQ(versions(data, "a"), "1");
  EXPECT_EQ(shown(std::string(data.channels()[0].subdirs[0]->package_url())),
            "http://server/c/noarch/");
  files_.erase("/good/noarch/repodata.json");
  options_.refresh = true;
  EXPECT_THAT(error_of({channel()}),
              HasSubstr("/broken/noarch/repodata.json`, got HTTP status 502"));
}

TEST_F(ChannelDataTest, PackagesMayBeElsewhere) {
  const auto package_url = [&](const std::string& base_url) {
    put("/c/noarch/repodata.json", repodata("a", {"1"}, base_url));
    options_.refresh = true;
    const ChannelData data = open({channel()});
    return shown(std::string(data.channels()[0].subdirs[0]->package_url()));
  };
  EXPECT_EQ(package_url(""), "http://server/c/noarch/");
  EXPECT_EQ(package_url("../other/"), "http://server/c/other/");
  EXPECT_EQ(package_url("https://user:pass@b.example/x"), "https://b.example/x/");
  put("/c/noarch/repodata.json", repodata("a", {"1"}, "file:///etc"));
  EXPECT_THAT(error_of({channel()}, {"noarch"}, ErrorKind::kRefused),
              HasSubstr("expected an http or https URL, found `file:///etc`"));
}

TEST_F(ChannelDataTest, CredentialsGoNowhereElse) {
  settings_.mirrors.clear();
  put("/t/s3cret/c/noarch/repodata.json", repodata("a", {"1"}));
  std::string url = server_.url("/t/s3cret/c");
  url.insert(7, "us%20er:p4ss@");
  password_ = basic_authorization(UserInfo{"us er", "p4ss"});
  const Channel with_token = Channel::parse(url, settings_);
  EXPECT_EQ(versions(open({with_token}), "a"), "1");
  EXPECT_THAT(kept(), Not(HasSubstr("s3cret")));
  EXPECT_THAT(kept(), Not(HasSubstr("p4ss")));
  password_ = "other";
  options_.refresh = true;
  const std::string error = error_of({with_token});
  EXPECT_THAT(error, HasSubstr("got HTTP status 401"));
  EXPECT_THAT(error, Not(HasSubstr("s3cret")));
  EXPECT_THAT(error, Not(HasSubstr("p4ss")));
}

TEST_F(ChannelDataTest, TakesUsersFromNetrc) {
  put("/c/noarch/repodata.json", repodata("a", {"1"}));
  password_ = basic_authorization(UserInfo{"me", "pw"});
  options_.find_user = [](std::string_view host) -> std::optional<UserInfo> {
    if (host != "127.0.0.1") return std::nullopt;
    return UserInfo{"me", "pw"};
  };
  EXPECT_EQ(versions(open({channel()}), "a"), "1");
}

TEST_F(ChannelDataTest, WarnsOfRecordsThatWereLeftOut) {
  json text = json::parse(repodata("a", {"1"}));
  text["packages"]["b-1..2-0.tar.bz2"] = record("b", "1..2");
  put("/c/noarch/repodata.json", text.dump());
  const Warnings warnings = open({channel()}).warnings();
  ASSERT_EQ(warnings.size(), 1U);
  EXPECT_EQ(warnings[0].code, "records-left-out");
  EXPECT_EQ(shown(warnings[0].message),
            "`http://server/c/noarch`: 1 of its records cannot be used and is left out; "
            "`b-1..2-0.tar.bz2`: `1..2` is no version");
}

class ShardedChannelTest : public ChannelDataTest {
 protected:
  /// A shard of records at its place; its digest.
  json put_shard(const std::string& name, const std::vector<std::string>& versions) {
    json packages = json::object();
    for (const std::string& version : versions) {
      packages[name + "-" + version + "-0.conda"] = record(name, version);
    }
    const std::string bytes = msgpack({{"packages", json::object()}, {"packages.conda", packages}});
    const Digest digest = Digest::of(bytes);
    place_of_[name] = "/c/noarch/shards/" + digest.hex() + ".msgpack.zst";
    put(place_of_[name], bytes);
    return json::binary({digest.raw().begin(), digest.raw().end()});
  }
  void put_index(const json& shards) {
    put("/c/noarch/repodata_shards.msgpack.zst",
        msgpack({{"version", 1},
                 {"info", {{"base_url", ""}, {"shards_base_url", "./shards/"}}},
                 {"shards", shards}}),
        {{"ETag", "\"" + std::to_string(++etag_) + "\""}});
  }
  std::map<std::string, std::string> place_of_;
  int etag_ = 0;
};

TEST_F(ShardedChannelTest, FetchesWhatIsAskedForOnce) {
  put_index({{"a", put_shard("a", {"2", "1"})}, {"b", put_shard("b", {"3"})}});
  {
    const ChannelData data = open({channel()});
    EXPECT_THAT(calls(), ::testing::ElementsAre("/c/noarch/repodata_shards.msgpack.zst"));
    RecordSource& source = *data.channels()[0].subdirs[0];
    EXPECT_TRUE(source.has("a"));
    EXPECT_FALSE(source.has("c"));
    EXPECT_EQ(source.name_count(), 2U);
    EXPECT_EQ(versions(data, "a"), "1 2");
    EXPECT_EQ(versions(data, "a"), "1 2");
    EXPECT_EQ(versions(data, "c"), "");
    EXPECT_THAT(calls(), ::testing::ElementsAre(place_of_["a"]));
    const std::vector<std::string_view> names = {"a", "b", "c"};
    source.hint(names);
    EXPECT_THAT(calls(), ::testing::ElementsAre(place_of_["b"]));
    EXPECT_EQ(versions(data, "b"), "3");
  }
  options_.offline = true;
  const ChannelData again = open({channel()});
  EXPECT_EQ(versions(again, "a"), "1 2");
  EXPECT_EQ(versions(again, "b"), "3");
  EXPECT_THAT(calls(), ::testing::IsEmpty());
}

TEST_F(ShardedChannelTest, FetchesOnlyWhatChanged) {
  const json same = put_shard("b", {"3"});
  put_index({{"a", put_shard("a", {"1"})}, {"b", same}});
  {
    const ChannelData data = open({channel()});
    versions(data, "a");
    versions(data, "b");
  }
  put_index({{"a", put_shard("a", {"1", "2"})}, {"b", same}});
  calls();
  const ChannelData data = open({channel()});
  EXPECT_EQ(versions(data, "a") + ", " + versions(data, "b"), "1 2, 3");
  EXPECT_THAT(calls(),
              ::testing::ElementsAre("/c/noarch/repodata_shards.msgpack.zst", place_of_["a"]));
}

TEST_F(ShardedChannelTest, RefusesAShardThatIsNotWhatItShouldBe) {
  put_index(
      {{"a", put_shard("a", {"1"})}, {"b", put_shard("b", {"1"})}, {"c", put_shard("c", {"1"})}});
  const ChannelData data = open({channel()});
  const auto error = [&](const std::string& name) {
    try {
      versions(data, name);
    } catch (const Error& problem) {
      return std::pair(problem.kind(), shown(problem.render()));
    }
    return std::pair(ErrorKind::kFailed, std::string("no error"));
  };
  put(place_of_["a"], "something else");
  EXPECT_EQ(error("a").first, ErrorKind::kIntegrity);
  EXPECT_THAT(error("a").second,
              HasSubstr("found `" + Digest::of("something else").render() +
                        "`\n"
                        "  while reading `a` of the channel `http://server/c/noarch`\n"));
  files_.erase(place_of_["b"]);
  EXPECT_EQ(error("b").first, ErrorKind::kNetwork);
  EXPECT_THAT(error("b").second, HasSubstr(place_of_["b"] + "`, got HTTP status 404\n"));
  EXPECT_EQ(versions(data, "c"), "1");
  const std::vector<std::string_view> names = {"a", "b"};
  EXPECT_THROW(data.channels()[0].subdirs[0]->hint(names), Error);
}

TEST_F(ShardedChannelTest, MayBeTurnedOff) {
  put_index({{"a", put_shard("a", {"1"})}});
  put("/c/noarch/repodata.json", repodata("a", {"5"}));
  EXPECT_EQ(versions(open({channel()}), "a"), "1");
  options_.use_shards = false;
  EXPECT_EQ(versions(open({channel()}), "a"), "5");
}

class LocalChannelTest : public ChannelDataTest {
 protected:
  void write(const std::string& file, const std::string& bytes) {
    std::filesystem::create_directories(place_.path() / "noarch");
    std::ofstream(place_.path() / "noarch" / file, std::ios::binary) << bytes;
  }
  testing::TemporaryDirectory place_;
};

TEST_F(LocalChannelTest, IsReadAgainWhenItsFileChanged) {
  write("repodata.json", repodata("a", {"1"}));
  const Channel local = Channel::parse(place_.path().string(), settings_);
  EXPECT_EQ(versions(open({local}), "a"), "1");
  const ChannelData before = open({local});
  write("repodata.json", repodata("a", {"1", "2"}));
  EXPECT_EQ(versions(open({local}), "a"), "1 2");
  EXPECT_EQ(versions(before, "a"), "1");
}

TEST_F(LocalChannelTest, MakesAnewWhatIsDamaged) {
  write("repodata.json", repodata("a", {"1"}));
  const Channel local = Channel::parse(place_.path().string(), settings_);
  open({local});
  for (const char* bytes : {"", "SQLite format 3", "{}", "{\"version\": 9}"}) {
    for (const auto& entry : std::filesystem::directory_iterator(directory_.path())) {
      std::ofstream(entry.path(), std::ios::binary) << bytes;
    }
    EXPECT_EQ(versions(open({local}), "a"), "1") << bytes;
  }
}

TEST_F(LocalChannelTest, ManyMayOpenItAtOnce) {
  write("repodata.json", repodata("a", {"1"}));
  const Channel local = Channel::parse(place_.path().string(), settings_);
  std::vector<std::jthread> threads;
  std::atomic<int> good = 0;
  for (int i = 0; i < 8; ++i) {
    threads.emplace_back([&] {
      if (versions(open({local}), "a") == "1") ++good;
    });
  }
  threads.clear();
  EXPECT_EQ(good, 8);
}

TEST_F(LocalChannelTest, ReadsARealChannel) {
  const char* data = std::getenv("KASANE_TEST_DATA");
  if (data == nullptr) GTEST_SKIP() << "KASANE_TEST_DATA is not set";
  const Path path = Path(data) / "conda/channels/conda-forge-subchannel-2024-05";
  if (!std::filesystem::exists(path)) GTEST_SKIP() << path << " is not there";
  const Channel local = Channel::parse(path.string(), settings_);
  const ChannelData opened = open({local}, {"linux-64", "noarch"});
  ASSERT_EQ(opened.channels()[0].subdirs.size(), 2U);
  std::size_t records = 0;
  for (const auto& source : opened.channels()[0].subdirs) {
    for (std::size_t i = 0; i < source->name_count(); ++i) {
      records += source->find(source->name(i))->size();
    }
  }
  std::size_t expected = 0;
  for (const char* subdir : {"linux-64", "noarch"}) {
    std::ifstream in(path / subdir / "repodata.json");
    const json text = json::parse(in);
    expected += text["packages"].size() + text["packages.conda"].size();
  }
  EXPECT_EQ(records, expected);
}

}  // namespace
}  // namespace kasane::resolver
