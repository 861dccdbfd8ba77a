#include "resolver/conda/repodata_scan.h"

#include <random>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "base/error.h"
#include "tests/support/memory_file.h"

namespace kasane::resolver {
namespace {

using nlohmann::json;

struct Found {
  /// By name, the members as they stand in the text, and whether they are of `packages.conda`.
  std::map<std::string, std::vector<std::pair<std::string, bool>>> records;
  std::uint64_t left_out = 0;
  std::string base_url;
  bool operator==(const Found&) const = default;
};

Found scan(const std::string& text, std::size_t piece_size, unsigned threads = 2,
           std::size_t largest_piece = std::size_t{64} << 20) {
  const RepodataScan result =
      scan_repodata(testing::MemoryFile(text), {threads, piece_size, largest_piece});
  Found out;
  for (const RepodataScan::Name& name : result.names) {
    for (std::size_t i = 0; i < name.position_count; ++i) {
      const index_format::RecordPosition& at = result.positions[name.first_position + i];
      out.records[std::string(name.text)].emplace_back(text.substr(at.offset, at.size()),
                                                       at.conda_format());
    }
  }
  out.left_out = result.left_out.count;
  out.base_url = result.base_url;
  return out;
}

bool accepts(const std::string& text, std::size_t piece_size) {
  try {
    scan(text, piece_size);
    return true;
  } catch (const Error&) {
    return false;
  }
}

std::string error_of(const std::string& text, std::size_t piece_size,
                     std::size_t largest_piece = std::size_t{64} << 20) {
  try {
    scan(text, piece_size, 2, largest_piece);
  } catch (const Error& error) {
    return error.render();
  }
  return "no error";
}

json record(const std::string& name, int build) {
  return {{"name", name}, {"version", "1.0"}, {"build", "h" + std::to_string(build)}};
}

/// Texts that look like the end of a record and the beginning of another.
const char* const kTraps[] = {
    "},\"x-1-0.conda\":{\"name\":\"x\"",
    "\\\"}, \"y-1-0.tar.bz2\" : {",
    "}}, \"packages.conda\": {\"z-1-0.conda\": {",
    "{[}]\\",
};

std::string random_repodata(std::mt19937& random) {
  json out = json::object();
  for (const char* section : {"aside", "info", "packages", "packages.conda", "removed", "zzz"}) {
    if (random() % 5 == 0) continue;
    if (std::string(section) == "removed") {
      out[section] = {"a.conda", kTraps[random() % 4]};
      continue;
    }
    out[section] = json::object();
    for (std::size_t i = random() % 12; i > 0; --i) {
      json one = record("n" + std::to_string(random() % 4), static_cast<int>(i));
      if (random() % 2 == 0) one["text"] = kTraps[random() % 4];
      if (random() % 3 == 0) one["deep.conda"] = {{"a", {{"b.conda", json::object()}}}};
      if (random() % 3 == 0) {
        one["run_exports"] = {{"a.conda", json::object()}, {"b.conda", {{"c", kTraps[0]}}}};
      }
      out[section]["f" + std::to_string(i) + ".conda"] = one;
    }
  }
  out["info"]["base_url"] = "https://b";
  return out.dump(static_cast<int>(random() % 3) - 1);
}

TEST(RepodataScan, FindsTheSameWhereverItIsCut) {
  std::mt19937 random(1);
  std::size_t records = 0;
  for (int round = 0; round < 60; ++round) {
    const std::string text = random_repodata(random);
    const Found whole = scan(text, std::size_t{1} << 20);
    const json parsed = json::parse(text);
    std::size_t expected = 0;
    for (const char* section : {"packages", "packages.conda"}) {
      if (parsed.contains(section)) expected += parsed[section].size();
    }
    std::size_t count = 0;
    for (const auto& [name, members] : whole.records) {
      count += members.size();
      for (const auto& [member, conda_format] : members) {
        const json one = json::parse("{" + member + "}");
        ASSERT_EQ(one.size(), 1U);
        ASSERT_EQ(one.begin()->at("name"), name);
        ASSERT_TRUE(
            parsed[conda_format ? "packages.conda" : "packages"].contains(one.begin().key()));
      }
    }
    ASSERT_EQ(count, expected);
    ASSERT_EQ(whole.base_url, "https://b");
    records += count;
    for (const std::size_t piece_size : {1U, 7U, 64U, 300U, 1000U}) {
      ASSERT_EQ(scan(text, piece_size, 1 + round % 3), whole) << piece_size << " " << text;
    }
  }
  EXPECT_GT(records, 300U);
}

TEST(RepodataScan, RefusesExactlyWhatIsNotJson) {
  std::mt19937 random(2);
  std::size_t refused = 0;
  std::size_t accepted = 0;
  for (int round = 0; round < 3000; ++round) {
    std::string text = round % 3 == 0
                           ? random_repodata(random)
                           : R"({"packages":{"a-1-0.conda":{"name":"a","version":"1","build":"0",)"
                             R"("n":[1,-2.5e3,true,null,"\u00e9\n"],"o":{"k":{}}},"b-1-0.conda":)"
                             R"({"name":"b","version":"1","build":"0"}},"removed":[]})";
    static const std::string kBytes = "{}[]\",:\\ 0123456789.eE+-tfnulx\n\x01\xc3\xff";
    for (std::size_t i = 1 + random() % 2; i > 0; --i) {
      const std::size_t at = random() % text.size();
      switch (random() % 3) {
        case 0:
          text[at] = kBytes[random() % kBytes.size()];
          break;
        case 1:
          text.erase(at, 1 + random() % 3);
          break;
        default:
          text.insert(at, 1, kBytes[random() % kBytes.size()]);
      }
    }
    const json parsed = json::parse(text, nullptr, false);
    const bool sound = !parsed.is_discarded() && parsed.is_object();
    (sound ? accepted : refused)++;
    ASSERT_EQ(accepts(text, std::size_t{1} << 20), sound) << text;
    ASSERT_EQ(accepts(text, 20), sound) << text;
  }
  EXPECT_GT(accepted, 100U);
  EXPECT_GT(refused, 100U);
}

TEST(RepodataScan, RefusesTextThatEndsEarly) {
  const std::string text =
      R"({"packages":{"a-1-0.conda":{"name":"a"},"b-1-0.conda":{"name":"}"}},"removed":["x"]})";
  EXPECT_TRUE(accepts(text, 1));
  for (std::size_t size = 0; size < text.size(); ++size) {
    EXPECT_FALSE(accepts(text.substr(0, size), 10)) << size;
  }
  EXPECT_EQ(error_of(text.substr(0, 60), 10),
            "error: the repodata ends early, after 60 bytes\n"
            "hint: fetch it again with `--refresh`\n");
}

TEST(RepodataScan, RefusesWhatIsTooLargeToBeOneMember) {
  const std::string text = R"({"packages":{"a-1-0.conda":{"x":")" + std::string(100000, 'x') +
                           R"("},"b-1-0.conda":{}}})";
  EXPECT_TRUE(accepts(text, 100));
  EXPECT_EQ(
      error_of(text, 100, 20000),
      "error: expected another package in the repodata within 20000 bytes after byte 0, found "
      "none\n");
}

TEST(RepodataScan, TellsEscapedNamesAndKeys) {
  const Found found =
      scan(R"({"packages":{"a\u002d1-0.conda":{"n\u0061me":"\u0061b","version":"1","build":"0"}}})",
           100);
  ASSERT_EQ(found.records.size(), 1U);
  EXPECT_EQ(found.records.begin()->first, "ab");
}

TEST(RepodataScan, RefusesEscapesThatMeanNothing) {
  for (const char* text : {"\\u00e9", "\\ud83d\\ude00", "\\/\\b"}) {
    EXPECT_TRUE(accepts(fmt::format("{{\"a\":\"{}\"}}", text), 10)) << text;
  }
  for (const char* text : {"\\x", "\\ud83d", "\\ude00", "\\ud83d\\u0041", "\\u12"}) {
    EXPECT_FALSE(accepts(fmt::format("{{\"a\":\"{}\"}}", text), 10)) << text;
    EXPECT_FALSE(accepts(fmt::format("{{\"{}\":1}}", text), 10)) << text;
  }
}

TEST(RepodataScan, RefusesControlCharactersAroundValues) {
  for (const char* value : {"1", "true", "\"x\"", "[]", "{}"}) {
    EXPECT_TRUE(accepts(fmt::format("{{\"a\": \t{}\r\n}}", value), 10)) << value;
    for (const char control : {'\x01', '\x0b', '\x0c', '\x1f', '\x7f'}) {
      EXPECT_FALSE(accepts(fmt::format("{{\"a\":{}{}}}", value, control), 10)) << value;
      EXPECT_FALSE(accepts(fmt::format("{{\"a\":{}{}}}", control, value), 10)) << value;
    }
  }
}

TEST(RepodataScan, TheLastOfTwoMembersCounts) {
  const Found found = scan(R"({"packages":{"a-1-0.conda":{"name":"x","version":"1","build":"0",)"
                           R"("name":"y"},"b-1-0.conda":{"name":"x","version":"1","build":"0",)"
                           R"("name":[]}}})",
                           100);
  ASSERT_EQ(found.records.size(), 1U);
  EXPECT_EQ(found.records.begin()->first, "y");
  EXPECT_EQ(found.left_out, 1U);
}

}  // namespace
}  // namespace kasane::resolver
