#include "tests/resolver/conda/channel_data_fixture.h"

namespace kasane::resolver {
namespace {

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

TEST_F(ChannelDataTest, ReadsBzip2) {
  // {"packages":{"a-1-0.tar.bz2":{"name":"a","version":"1","build":"0","depends":[]}}}
  constexpr char kBytes[] =
      "\x42\x5a\x68\x39\x31\x41\x59\x26\x53\x59\x59\x2e\xd1\x41\x00\x00\x27\x1b\x80\x10\x07\x70"
      "\x10\x00\x0a\x3e\xaf\xdf\x1a\x20\x00\x54\x53\x46\x91\x82\x0c\x01\x33\x48\x35\x34\x9b\x51"
      "\xa6\xc9\x1a\x00\xc8\xf5\x06\x72\x88\x9e\xf9\xf6\x14\xd9\x01\x02\x47\x24\xaa\xb0\x99\x13"
      "\x3c\x3b\x1a\x3c\x5b\xaa\x79\x0d\x96\xb7\x1d\xa3\xc3\x7c\xb2\xb6\x74\x24\xfc\x8a\x10\x20"
      "\xd0\xb7\xa5\xc0\x50\xdb\x3e\xff\x17\x72\x45\x38\x50\x90\x59\x2e\xd1\x41";
  put("/c/noarch/repodata.json.bz2", std::string(kBytes, sizeof(kBytes) - 1));
  EXPECT_EQ(versions(open({channel()}), "a"), "1");
  EXPECT_EQ(calls().back(), "/c/noarch/repodata.json.bz2");
}

TEST_F(ChannelDataTest, RefusesWhatNeverEnds) {
  options_.largest_repodata_bytes = 100'000;
  const std::string much(200'000, ' ');
  put("/c/noarch/repodata.json.zst", compressed(repodata("a", {"1"}) + much));
  EXPECT_EQ(error_of({channel()}, {"noarch"}, ErrorKind::kRefused),
            "error: expected at most 100000 bytes of repodata, got more\n"
            "  while reading `http://server/c/noarch/repodata.json.zst`\n"
            "  while reading the channel `http://server/c/noarch`\n");
  EXPECT_THAT(kept(), Not(HasSubstr("packages")));
  files_.erase("/c/noarch/repodata.json.zst");
  put("/c/noarch/repodata.json", repodata("a", {"1"}) + much);
  EXPECT_THAT(error_of({channel()}, {"noarch"}, ErrorKind::kRefused),
              HasSubstr("error: expected at most 100000 bytes of `http://server/c/noarch/"));
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

TEST_F(ChannelDataTest, MirrorsHaveCredentialsOfTheirOwn) {
  std::string mirror = server_.url("/m");
  mirror.insert(7, "me:p4ss@");
  settings_.mirrors["https://conda.anaconda.org/c"] = {mirror};
  put("/m/noarch/repodata.json", repodata("a", {"1"}));
  password_ = basic_authorization(UserInfo{"me", "p4ss"});
  const Channel mirrored = Channel::parse("c", settings_);
  EXPECT_EQ(versions(open({mirrored}), "a"), "1");
  EXPECT_THAT(kept(), Not(HasSubstr("p4ss")));
  options_.refresh = true;
  files_.clear();
  EXPECT_THAT(error_of({mirrored}), Not(HasSubstr("p4ss")));
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

}  // namespace
}  // namespace kasane::resolver
