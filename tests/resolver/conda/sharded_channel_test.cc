#include "tests/resolver/conda/channel_data_fixture.h"

namespace kasane::resolver {
namespace {

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

}  // namespace
}  // namespace kasane::resolver
