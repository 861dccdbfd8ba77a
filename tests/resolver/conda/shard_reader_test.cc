#include "resolver/conda/shard_reader.h"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "base/error.h"
#include "resolver/conda/channel_index.h"

namespace kasane::resolver {
namespace {

using nlohmann::json;

json bytes_of(std::size_t size, std::uint8_t value) {
  return json::binary(std::vector<std::uint8_t>(size, value));
}

std::string encode(const json& value) {
  const std::vector<std::uint8_t> bytes = json::to_msgpack(value);
  return {bytes.begin(), bytes.end()};
}

std::string error_of(const json& index) {
  try {
    ShardIndex::parse(encode(index));
  } catch (const Error& error) {
    return error.message();
  }
  return "no error";
}

TEST(ShardIndex, TellsTheShardOfAName) {
  ShardIndex index = ShardIndex::parse(
      encode({{"version", 1},
              {"info", {{"base_url", "../p"}, {"shards_base_url", "./shards/"}, {"created_at", 5}}},
              {"shards", {{"b", bytes_of(32, 2)}, {"a", bytes_of(32, 1)}}},
              {"more", {1, 2}}}));
  const ShardIndex moved = std::move(index);
  EXPECT_EQ(moved.base_url(), "../p");
  EXPECT_EQ(moved.shards_base_url(), "./shards/");
  ASSERT_EQ(moved.name_count(), 2U);
  EXPECT_EQ(moved.name(0), "a");
  Digest::Raw raw;
  raw.fill(2);
  EXPECT_EQ(moved.digest(moved.find("b").value()), Digest(raw));
  EXPECT_EQ(moved.find("c"), std::nullopt);
}

TEST(ShardIndex, RefusesWhatIsNone) {
  EXPECT_EQ(error_of({{"version", 2}, {"shards", json::object()}}),
            "expected version 1 of an index of shards, found 2");
  EXPECT_EQ(error_of({{"version", 1}}), "the index of shards lacks `shards`");
  EXPECT_EQ(error_of({{"shards", {{"a", bytes_of(31, 0)}}}}),
            "expected 32 bytes of a SHA-256 for `a` in the index of shards, found 31");
  EXPECT_EQ(error_of({{"shards", {{"a", nullptr}}}}),
            "expected 32 bytes of a SHA-256 for `a` in the index of shards, found 0");
  EXPECT_EQ(error_of(json::array({1})), "expected a map at byte 0 of MessagePack, found `91`");
}

TEST(ReadShard, TakesRecordsWithHashesAsBytes) {
  const json record = {{"name", "rich"},
                       {"version", "13.7.1"},
                       {"build", "py_0"},
                       {"build_number", 3},
                       {"depends", {"python >=3.7", "pygments"}},
                       {"constrains", {"x <2"}},
                       {"md5", bytes_of(16, 0xab)},
                       {"sha256", bytes_of(32, 0xcd)},
                       {"noarch", "python"},
                       {"size", 184347},
                       {"timestamp", 1709150578093},
                       {"license", "MIT"},
                       {"unknown", {{"a", {1}}}}};
  json foreign = record;
  foreign["name"] = "poor";
  json text_hash = record;
  text_hash["version"] = "12";
  text_hash["sha256"] = std::string(64, 'e');
  const std::string bytes =
      encode({{"packages", {{"rich-12-py_0.tar.bz2", text_hash}, {"odd.tar.bz2", 5}}},
              {"packages.conda", {{"rich-13.7.1-py_0.conda", record}, {"poor.conda", foreign}}},
              {"removed", {"x"}}});
  TableBuilder builder;
  const LeftOut left_out = read_shard(bytes, "rich", builder);
  EXPECT_EQ(left_out.count, 2U);
  EXPECT_EQ(left_out.first_problem, "`odd.tar.bz2`: it is no object");
  const std::string table_bytes = builder.finish();
  const NameTable table = NameTable::find_in("rich", table_bytes).value();
  ASSERT_EQ(table.size(), 2U);
  EXPECT_EQ(table.record(0).sha256->hex(), std::string(64, 'e'));
  const IndexRecord found = table.record(1);
  EXPECT_EQ(found.version, "13.7.1");
  EXPECT_EQ(found.build_number, 3U);
  EXPECT_EQ(found.size_bytes, 184347U);
  EXPECT_EQ(found.timestamp_ms, 1709150578093);
  ASSERT_EQ(found.depends.size(), 2U);
  EXPECT_EQ(found.depends[1], "pygments");
  EXPECT_EQ(found.constrains[0], "x <2");
  EXPECT_EQ(found.license, "MIT");
  EXPECT_TRUE(found.noarch_python && found.conda_format);
  EXPECT_EQ(found.file_name, "rich-13.7.1-py_0.conda");
  EXPECT_EQ(found.md5->hex().substr(0, 4), "abab");
  EXPECT_EQ(found.sha256->hex().substr(0, 4), "cdcd");
}

}  // namespace
}  // namespace kasane::resolver
