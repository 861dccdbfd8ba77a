#include "resolver/conda/channel_index.h"

#include <algorithm>
#include <map>
#include <random>

#include <gmock/gmock.h>
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

class ChannelIndexTest : public ::testing::Test {
 protected:
  ChannelIndex open(const json& repodata) { return open_text(repodata.dump()); }
  ChannelIndex open_text(const std::string& text) {
    MadeIndex made = make_index(text);
    report_ = made.report;
    std::optional<ChannelIndex> index = open_bytes(directory_, made.bytes);
    EXPECT_TRUE(index.has_value());
    return std::move(*index);
  }
  testing::TemporaryDirectory directory_;
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
  EXPECT_EQ(error("{}}"),
            "error: the repodata is not valid JSON: expected nothing more, found `}`\n"
            "hint: fetch it again with `--refresh`\n");
  EXPECT_EQ(error("{\"packages\":{\"a\":{\"name\" 1}}}"),
            "error: the repodata is not valid JSON: expected `:`, found `1`\n"
            "hint: fetch it again with `--refresh`\n");
  EXPECT_EQ(error("{\"packages\":{\"a\":" + std::string(5000, '[') + "{}" + std::string(5000, ']') +
                  "}}"),
            "error: the repodata is not valid JSON: it is nested more than 256 deep\n"
            "hint: fetch it again with `--refresh`\n");
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
  EXPECT_FALSE(ChannelIndex::open(directory_ / "absent"));
  EXPECT_FALSE(open_bytes(directory_, ""));
  EXPECT_FALSE(open_bytes(directory_, "SQLite format 3"));
  EXPECT_FALSE(open_bytes(directory_, bytes.substr(0, bytes.size() - 8)));
  EXPECT_FALSE(open_bytes(directory_, bytes.substr(bytes.size() - 90)));
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
    // The bit was between records or parts.
    EXPECT_EQ(records, 200U);
  }
}

TEST_F(ChannelIndexTest, RemovesAFileThatTurnsOutDamaged) {
  std::string bytes = make_index(many_records(200)).bytes;
  bytes.replace(bytes.find("\"build\""), 7, "\"BUILD\"");
  const auto index = open_bytes(directory_, bytes);
  std::string error;
  for (std::size_t i = 0; i < index->name_count(); ++i) {
    try {
      index->find(index->name(i));
    } catch (const Error& problem) {
      error += problem.render();
    }
  }
  EXPECT_THAT(error,
              ::testing::MatchesRegex("error: the channel's index is damaged at `n[0-9]+`\n"
                                      "hint: run the command again: the index is made anew\n"));
  EXPECT_FALSE(ChannelIndex::open(directory_ / "index"));
}

TEST_F(ChannelIndexTest, KeepsTablesForTheNextTime) {
  const std::string bytes = make_index(many_records(500)).bytes;
  const auto summary = [](const ChannelIndex& index) {
    std::string out;
    for (std::size_t i = 0; i < index.name_count(); ++i) {
      const NameTable table = index.find(index.name(i)).value();
      for (std::size_t k = 0; k < table.size(); ++k) out += table.record(k).file_name + "\n";
    }
    return out;
  };
  const std::string first = summary(*open_bytes(directory_, bytes));
  ASSERT_TRUE(std::filesystem::exists(directory_ / "index.tables"));
  // The kept tables are used: the JSON may be gone by now.
  std::string without_json = bytes;
  std::fill_n(without_json.begin(), 1000, ' ');
  std::ofstream(directory_ / "index", std::ios::binary) << without_json;
  EXPECT_EQ(summary(*ChannelIndex::open(directory_ / "index", directory_ / "index.tables")), first);
}

/// What conda would read, record by record.
std::map<std::string, std::vector<json>> read_naively(const json& repodata) {
  std::map<std::string, std::vector<json>> out;
  for (const char* section : {"packages", "packages.conda"}) {
    if (!repodata.contains(section)) continue;
    for (const auto& [file, given] : repodata[section].items()) {
      const auto text = [&given = given](const char* key) -> std::string {
        const bool is_there = given.is_object() && given.contains(key) && given[key].is_string();
        return is_there ? given[key].get<std::string>() : "";
      };
      if (text("name").empty() || text("build").empty() || !CondaVersion::find(text("version"))) {
        continue;
      }
      const auto list = [&given = given](const char* key) {
        json strings = json::array();
        if (!given.contains(key) || !given[key].is_array()) return strings;
        for (const json& item : given[key]) {
          if (item.is_string()) strings.push_back(item);
        }
        return strings;
      };
      out[text("name")].push_back({{"file", file},
                                   {"version", text("version")},
                                   {"build", text("build")},
                                   {"license", text("license")},
                                   {"conda", std::string(section) == "packages.conda"},
                                   {"depends", list("depends")},
                                   {"constrains", list("constrains")}});
    }
  }
  for (auto& [name, records] : out) std::sort(records.begin(), records.end());
  return out;
}

std::map<std::string, std::vector<json>> read_all(const ChannelIndex& index) {
  std::map<std::string, std::vector<json>> out;
  for (std::size_t i = 0; i < index.name_count(); ++i) {
    const NameTable table = index.find(index.name(i)).value();
    std::vector<json>& records = out[std::string(index.name(i))];
    for (std::size_t k = 0; k < table.size(); ++k) {
      const IndexRecord found = table.record(k);
      if (k > 0) {
        EXPECT_LE(table.version_key(k - 1), found.version_key);
      }
      records.push_back({{"file", found.file_name},
                         {"version", found.version},
                         {"build", found.build},
                         {"license", found.license},
                         {"conda", found.conda_format},
                         {"depends", texts_of(found.depends)},
                         {"constrains", texts_of(found.constrains)}});
    }
    std::sort(records.begin(), records.end());
  }
  return out;
}

json random_value(std::mt19937& random, int depth) {
  switch (random() % (depth > 3 ? 5 : 7)) {
    case 0:
      return static_cast<int>(random() % 100000) - 50000;
    case 1:
      return static_cast<double>(random() % 1000) / 7;
    case 2:
      return random() % 2 == 0 ? json(nullptr) : json(random() % 2 == 0);
    case 3:
      return "\u00e9\"}, \\ {\"x-1-0.conda\":{";
    case 4:
      return "plain";
    case 5: {
      json out = json::array();
      for (std::size_t i = random() % 4; i > 0; --i) out.push_back(random_value(random, depth + 1));
      return out;
    }
    default: {
      json out = json::object();
      for (std::size_t i = random() % 4; i > 0; --i) {
        out["k" + std::to_string(random() % 9) + ".conda"] = random_value(random, depth + 1);
      }
      return out;
    }
  }
}

json random_record(std::mt19937& random) {
  json out =
      record("n\u00f1" + std::to_string(random() % 5),
             fmt::format("{}.{}", random() % 4, random() % 9), "h" + std::to_string(random()));
  if (random() % 8 == 0) out["version"] = "1..2";
  for (const char* key : {"depends", "constrains", "license", "extra", "name", "noarch", "size"}) {
    if (random() % 6 == 0) out[key] = random_value(random, 0);
  }
  if (out["depends"].is_array()) out["depends"].push_back("a >=1");
  return out;
}

TEST_F(ChannelIndexTest, AnswersAsIfTheRepodataWereReadNaively) {
  std::mt19937 random(3);
  for (int round = 0; round < 150; ++round) {
    json repodata = {{"info", {{"subdir", "noarch"}}}, {"removed", {"x.conda"}}};
    for (const char* section : {"packages", "packages.conda", "signatures"}) {
      for (std::size_t i = random() % 20; i > 0; --i) {
        json one = random_record(random);
        const char* ending = std::string(section) == "packages" ? ".tar.bz2" : ".conda";
        repodata[section]["f" + std::to_string(random() % 40) + ending] = one;
      }
    }
    const std::string text =
        repodata.dump(static_cast<int>(random() % 3) - 1, ' ', random() % 2 == 0);
    ASSERT_EQ(read_all(open_text(text)), read_naively(json::parse(text))) << text;
  }
}

}  // namespace
}  // namespace kasane::resolver
