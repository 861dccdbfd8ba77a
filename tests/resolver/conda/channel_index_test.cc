#include "resolver/conda/channel_index.h"

#include <random>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "base/error.h"
#include "tests/resolver/conda/temporary_index.h"

namespace kasane::resolver {
namespace {

using nlohmann::json;

json record(const std::string& name, const std::string& version, const std::string& build,
            int number = 0) {
  return {{"name", name},
          {"version", version},
          {"build", build},
          {"size", 1234},
          {"build_number", number},
          {"depends", json::array()},
          {"md5", std::string(32, 'b')},
          {"sha256", std::string(64, 'a')}};
}

std::vector<std::string> texts_of(const IndexList& list) {
  std::vector<std::string> out;
  for (std::size_t i = 0; i < list.size(); ++i) out.emplace_back(list[i]);
  return out;
}

class ChannelIndexTest : public testing::Test {
 protected:
  ChannelIndex open(const json& repodata) { return open_text(repodata.dump()); }
  ChannelIndex open_text(const std::string& text) {
    MadeIndex made = make_index(text);
    report_ = made.report;
    std::optional<ChannelIndex> index = open_bytes(directory_, made.bytes);
    EXPECT_TRUE(index.has_value());
    return std::move(*index);
  }
  TemporaryDirectory directory_;
  IndexReport report_;
};

TEST_F(ChannelIndexTest, HoldsAllThatARecordSays) {
  json numpy = record("numpy", "1.26.4", "py311_0", 7);
  numpy["depends"] = {"python >=3.11", "libblas \"x\""};
  numpy["constrains"] = {"numpy-base <0a0"};
  numpy["timestamp"] = 1700000000123;
  numpy["track_features"] = "mkl nomkl";
  numpy["license"] = "BSD-3-Clause";
  numpy["license_family"] = "BSD";
  numpy["noarch"] = "python";
  numpy["unknown"] = {{"deep", {1, 2}}};
  const ChannelIndex index = open({{"info", {{"subdir", "linux-64"}, {"base_url", "https://b/c"}}},
                                   {"packages", json::object()},
                                   {"packages.conda", {{"numpy-1.26.4-py311_0.conda", numpy}}},
                                   {"removed", {"x-1-0.conda"}},
                                   {"repodata_version", 1}});
  EXPECT_EQ(index.subdir(), "linux-64");
  EXPECT_EQ(index.base_url(), "https://b/c");
  EXPECT_EQ(index.source(), "etag");
  EXPECT_EQ(index.record_count(), 1U);
  const NameTable table = index.find("numpy").value();
  ASSERT_EQ(table.size(), 1U);
  const IndexRecord found = table.record(0);
  EXPECT_EQ(found.version, "1.26.4");
  EXPECT_EQ(found.version_key, CondaVersion::parse("1.26.4").key());
  EXPECT_EQ(found.build, "py311_0");
  EXPECT_EQ(found.build_number, 7U);
  EXPECT_EQ(found.size_bytes, 1234U);
  EXPECT_EQ(found.timestamp_ms, 1700000000123);
  EXPECT_EQ(texts_of(found.depends), (std::vector<std::string>{"python >=3.11", "libblas \"x\""}));
  EXPECT_EQ(texts_of(found.constrains), (std::vector<std::string>{"numpy-base <0a0"}));
  EXPECT_EQ(found.track_features, "mkl nomkl");
  EXPECT_EQ(found.license, "BSD-3-Clause");
  EXPECT_EQ(found.license_family, "BSD");
  EXPECT_TRUE(found.noarch && found.noarch_python && found.conda_format);
  EXPECT_EQ(found.file_name, "numpy-1.26.4-py311_0.conda");
  EXPECT_EQ(found.sha256->hex(), std::string(64, 'a'));
  EXPECT_EQ(found.md5->hex(), std::string(32, 'b'));
  EXPECT_TRUE(MatchSpec::parse("numpy 1.26.* py311*").matches(table.fields(0)));
  EXPECT_EQ(index.find("nump"), std::nullopt);
}

TEST_F(ChannelIndexTest, SortsVersionsAndPrefersNothing) {
  json packages;
  json conda;
  for (const char* version : {"1.10", "1.9", "1.9rc1", "2.0"}) {
    packages[std::string("a-") + version + "-0.tar.bz2"] = record("a", version, "0");
  }
  packages["a-2.0-1.tar.bz2"] = record("a", "2.0", "1", 1);
  conda["a-2.0-0.conda"] = record("a", "2.0", "0");
  conda["odd name.conda"] = record("a", "3.0", "0");
  const ChannelIndex index = open({{"packages", packages}, {"packages.conda", conda}});
  const NameTable table = index.find("a").value();
  std::vector<std::string> files;
  for (std::size_t i = 0; i < table.size(); ++i) files.push_back(table.record(i).file_name);
  EXPECT_EQ(files, (std::vector<std::string>{"a-1.9rc1-0.tar.bz2", "a-1.9-0.tar.bz2",
                                             "a-1.10-0.tar.bz2", "a-2.0-0.tar.bz2", "a-2.0-0.conda",
                                             "a-2.0-1.tar.bz2", "odd name.conda"}));
  EXPECT_TRUE(table.record(3).has_conda_twin);
  EXPECT_FALSE(table.record(4).has_conda_twin);
  EXPECT_FALSE(table.record(5).has_conda_twin);
}

TEST_F(ChannelIndexTest, ToleratesStrangeRecordsAndCountsThoseItLeavesOut) {
  json odd = record("odd", "1.0", "0");
  odd.erase("depends");
  odd["size"] = "large";
  odd["build_number"] = nullptr;
  odd["timestamp"] = 1500000000;
  odd["md5"] = "short";
  odd["track_features"] = {"x", "y"};
  json nameless = record("x", "1", "0");
  nameless.erase("name");
  const ChannelIndex index = open({{"packages",
                                    {{"odd-1.0-0.tar.bz2", odd},
                                     {"bad-1..0-0.tar.bz2", record("bad", "1..0", "0")},
                                     {"list.tar.bz2", json::array({1})},
                                     {"no-name-1-0.tar.bz2", nameless}}}});
  EXPECT_EQ(report_.records, 1U);
  EXPECT_EQ(report_.skipped, 3U);
  EXPECT_EQ(report_.first_problem, "`bad-1..0-0.tar.bz2`: `1..0` is no version");
  const NameTable table = index.find("odd").value();
  const IndexRecord found = table.record(0);
  EXPECT_EQ(found.depends.size(), 0U);
  EXPECT_EQ(found.size_bytes, 0U);
  EXPECT_EQ(found.timestamp_ms, 1500000000000);
  EXPECT_EQ(found.md5, std::nullopt);
  EXPECT_EQ(found.track_features, "x y");
}

TEST_F(ChannelIndexTest, TakesTheLastOfTwoRecordsForAFile) {
  const std::string first = record("a", "1", "0").dump();
  json later = record("a", "1", "0");
  later["size"] = 99;
  const ChannelIndex index = open_text("{\"packages\":{\"a-1-0.tar.bz2\":" + first +
                                       ",\"a-1-0.tar.bz2\":" + later.dump() + "}}");
  EXPECT_EQ(index.find("a")->size(), 1U);
  EXPECT_EQ(index.find("a")->record(0).size_bytes, 99U);
}

TEST_F(ChannelIndexTest, RefusesWhatIsNoRepodata) {
  const auto error = [](const std::string& text) -> std::string {
    try {
      make_index(text);
    } catch (const Error& problem) {
      return problem.render();
    }
    return "no error";
  };
  EXPECT_EQ(error("<html><body>"),
            "error: expected repodata as a JSON object, found `<html><body>`\n"
            "hint: is that the address of a conda channel?\n");
  EXPECT_EQ(error(""),
            "error: expected repodata as a JSON object, found nothing\n"
            "hint: is that the address of a conda channel?\n");
  EXPECT_EQ(error("{\"packages\":{\"a\":{"),
            "error: the repodata ends early, after 18 bytes\n"
            "hint: fetch it again with `--refresh`\n");
  EXPECT_EQ(error("{}}"), "error: not valid JSON: something follows its end\n");
  EXPECT_NE(error("{\"packages\":{\"a\":{\"name\" 1}}}").find("the repodata is not valid JSON"),
            std::string::npos);
  EXPECT_NE(
      error("{\"packages\":{\"a\":" + std::string(5000, '[') + "{}" + std::string(5000, ']') + "}}")
          .find("error"),
      std::string::npos);
}

std::string many_records(std::size_t count) {
  std::mt19937 random(5);
  std::string out = "{\"packages\":{";
  for (std::size_t i = 0; i < count; ++i) {
    const std::string name = "n" + std::to_string(random() % 50);
    const std::string version = fmt::format("{}.{}", random() % 9, random() % 30);
    const std::string build = "h" + std::to_string(i);
    json one = record(name, version, build, static_cast<int>(random() % 3));
    one["depends"] = {fmt::format("n{} >={}", random() % 50, random() % 9), "brace } \\\" { x"};
    out += fmt::format("{}\"{}-{}-{}.tar.bz2\" : {}", i > 0 ? ",\n " : "", name, version, build,
                       one.dump(i % 2 == 0 ? -1 : 2));
  }
  return out + "}}";
}

TEST_F(ChannelIndexTest, IsAFunctionOfTheRecords) {
  const std::string text = many_records(3000);
  const std::string bytes = make_index(text, 1).bytes;
  EXPECT_EQ(make_index(text, 1).report.records, 3000U);
  for (const unsigned threads : {2U, 3U, 8U}) EXPECT_EQ(make_index(text, threads).bytes, bytes);
}

TEST_F(ChannelIndexTest, LeavesADamagedOrForeignFileAlone) {
  const std::string bytes = make_index(many_records(200)).bytes;
  EXPECT_FALSE(ChannelIndex::open(directory_.file("absent")));
  EXPECT_FALSE(open_bytes(directory_, ""));
  EXPECT_FALSE(open_bytes(directory_, "SQLite format 3"));
  EXPECT_FALSE(open_bytes(directory_, bytes.substr(0, bytes.size() - 8)));
  EXPECT_FALSE(open_bytes(directory_, bytes.substr(8)));
  std::mt19937 random(9);
  for (int round = 0; round < 120; ++round) {
    std::string damaged = bytes;
    damaged[random() % damaged.size()] ^= static_cast<char>(1U << random() % 8);
    const std::optional<ChannelIndex> index = open_bytes(directory_, damaged);
    if (!index) continue;
    std::uint64_t records = 0;
    try {
      for (std::size_t i = 0; i < index->name_count(); ++i) {
        records += index->find(index->name(i))->size();
      }
    } catch (const Error& error) {
      EXPECT_EQ(error.kind(), ErrorKind::kIntegrity);
      continue;
    }
    // The bit was in the padding between parts.
    EXPECT_EQ(records, 200U);
  }
}

}  // namespace
}  // namespace kasane::resolver
