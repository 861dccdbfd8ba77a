#include <cstdlib>
#include <fstream>
#include <regex>
#include <sstream>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "base/error.h"
#include "resolver/conda/match_spec.h"
#include "tests/resolver/conda/reference_version.h"

/// The tables of the reference implementations' own tests, read from KASANE_TEST_DATA.
namespace kasane::resolver {
namespace {

using nlohmann::json;

class Vectors : public testing::Test {
 protected:
  void SetUp() override {
    const char* folder = std::getenv("KASANE_TEST_DATA");
    if (folder == nullptr) GTEST_SKIP() << "KASANE_TEST_DATA names no folder of vectors";
    folder_ = std::string(folder) + "/vectors/";
  }
  json read(const std::string& file) const {
    std::ifstream stream(folder_ + file);
    return json::parse(stream);
  }
  std::string folder_;
};

bool version_matches(const std::string& spec, const std::string& version) {
  return VersionSpec::parse(spec).matches(CondaVersion::parse(version));
}

bool is_valid_version_spec(const std::string& text) {
  try {
    VersionSpec::parse(text);
    return true;
  } catch (const Error&) {
    return false;
  }
}

bool is_valid_match_spec(const std::string& text) {
  try {
    MatchSpec::parse(text);
    return true;
  } catch (const Error&) {
    return false;
  }
}

/// Reads Python's `[[0], [1, 'rc', inf]]`.
reference::Segments read_segments(std::string text) {
  text = std::regex_replace(text, std::regex("'"), "\"");
  text = std::regex_replace(text, std::regex("\\binf\\b"), "null");
  reference::Segments out;
  for (const json& segment : json::parse(text)) {
    auto& items = out.emplace_back();
    for (const json& item : segment) {
      if (item.is_string()) {
        items.emplace_back(item.get<std::string>());
      } else {
        items.emplace_back(item.is_null() ? reference::kInfinity : item.get<long>());
      }
    }
  }
  return out;
}

TEST_F(Vectors, RealVersionsOrderAsCondaParsesThem) {
  std::ifstream stream(folder_ + "rattler/data/parsed_versions.txt");
  struct Row {
    CondaVersion version;
    reference::Segments segments;
  };
  std::vector<Row> rows;
  for (std::string line; std::getline(stream, line);) {
    const std::size_t equals = line.find('=');
    // The recorded parse leaves out local parts.
    if (line.starts_with('#') || equals == std::string::npos || line.find('+') < equals) continue;
    rows.push_back(
        {CondaVersion::parse(line.substr(0, equals)), read_segments(line.substr(equals + 1))});
  }
  ASSERT_GT(rows.size(), 28000U);
  std::stable_sort(rows.begin(), rows.end(),
                   [](const Row& a, const Row& b) { return a.version < b.version; });
  for (std::size_t i = 1; i < rows.size(); ++i) {
    const int order = reference::compare(rows[i - 1].segments, rows[i].segments);
    ASSERT_LE(order, 0) << rows[i - 1].version.text() << " " << rows[i].version.text();
    ASSERT_EQ(order == 0, rows[i - 1].version == rows[i].version)
        << rows[i - 1].version.text() << " " << rows[i].version.text();
  }
}

TEST_F(Vectors, CondaVersions) {
  const json tests = read("conda/version.json")["tests"];
  const json& order = tests["test_version_order"]["tables"];
  std::optional<CondaVersion> last;
  for (const json& row : order[0]["rows"]) {
    const CondaVersion version = CondaVersion::parse(row[0].get<std::string>());
    if (last) {
      EXPECT_LE(*last, version) << version.text();
    }
    last = version;
  }
  for (const json& row : order[1]["rows"]) {
    EXPECT_FALSE(CondaVersion::find(row.get<std::string>())) << row;
  }
  last.reset();
  for (const json& row : tests["test_pep440"]["tables"][0]["rows"]) {
    const CondaVersion version = CondaVersion::parse(row.get<std::string>());
    if (last) {
      EXPECT_LT(*last, version) << version.text();
    }
    last = version;
  }
}

TEST_F(Vectors, CondaVersionSpecs) {
  const json tests = read("conda/version.json")["tests"];
  int checked = 0;
  for (const json& row : tests["test_match"]["tables"][0]["rows"]) {
    EXPECT_EQ(version_matches(row[0], "1.7.1"), row[1].get<bool>()) << row;
    ++checked;
  }
  for (const char* test : {"test_not_eq_star", "test_compatible_release_versions"}) {
    for (const json& check : tests[test]["asserts"]) {
      if (check["kind"] != "VersionSpec.match") continue;
      EXPECT_EQ(version_matches(check["spec"][0], check["arg"]), check["expect"].get<bool>())
          << check;
      ++checked;
    }
  }
  const std::regex call(R"re((not )?ver_eval\('(.*)', '(.*)'\))re");
  for (const json& check : tests["test_ver_eval"]["asserts"]) {
    std::smatch parts;
    const std::string text = check["text"];
    ASSERT_TRUE(std::regex_match(text, parts, call)) << text;
    EXPECT_EQ(version_matches(parts[3], parts[2]), !parts[1].matched) << text;
    ++checked;
  }
  for (const char* test : {"test_ver_eval_errors", "test_version_spec_2"}) {
    for (const json& row : tests[test]["tables"][0]["rows"]) {
      EXPECT_FALSE(is_valid_version_spec(row.get<std::string>())) << row;
      ++checked;
    }
  }
  const std::regex literal(R"re(VersionSpec\('(.*)'\))re");
  for (const json& raise : tests["test_invalid_version_specs"]["raises"]) {
    std::smatch parts;
    const std::string text = raise["body"][0];
    ASSERT_TRUE(std::regex_match(text, parts, literal)) << text;
    EXPECT_FALSE(is_valid_version_spec(parts[1])) << text;
    ++checked;
  }
  EXPECT_GT(checked, 90);
}

TEST_F(Vectors, MambaVersionSpecs) {
  const std::regex call(R"re("(.*)"_vs\.contains\("(.*)"_v\))re");
  int checked = 0;
  bool unsuccessful = false;
  const json steps = read("mamba/test_version_spec.json")["steps"];
  for (const json& step : steps) {
    if (step.contains("section")) unsuccessful = step["section"] == "Unsuccessful";
    if (unsuccessful && step.contains("strings")) {
      for (const json& text : step["strings"]) {
        EXPECT_FALSE(is_valid_version_spec(text.get<std::string>())) << text;
        ++checked;
      }
    }
    std::smatch parts;
    const std::string text = step.value("check", "");
    if (!std::regex_match(text, parts, call)) continue;
    EXPECT_EQ(version_matches(parts[1], parts[2]), step["expect"] == "REQUIRE") << text;
    ++checked;
  }
  EXPECT_GT(checked, 200);
}

TEST_F(Vectors, MambaVersions) {
  const std::regex relation(
      R"re(Version::parse\("([^"]*)"\)\.value\(\) (==|!=) Version::parse\("([^"]*)"\))re");
  const std::regex invalid(R"re(Version::parse\("([^"]*)"\)\.has_value\(\))re");
  int checked = 0;
  const json steps = read("mamba/test_version.json")["steps"];
  for (const json& step : steps) {
    const std::string text = step.value("check", "");
    std::smatch parts;
    if (std::regex_match(text, parts, relation)) {
      const bool same = CondaVersion::parse(parts[1].str()) == CondaVersion::parse(parts[3].str());
      EXPECT_EQ(same, parts[2] == "==") << text;
      ++checked;
    } else if (std::regex_match(text, parts, invalid)) {
      EXPECT_EQ(CondaVersion::find(parts[1].str()).has_value(), step["expect"] == "REQUIRE")
          << text;
      ++checked;
    } else if (step.contains("strings")) {
      std::optional<CondaVersion> last;
      for (const json& version : step["strings"]) {
        const CondaVersion next = CondaVersion::parse(version.get<std::string>());
        if (last) {
          EXPECT_LT(*last, next) << version;
        }
        last = next;
        ++checked;
      }
    }
  }
  EXPECT_GT(checked, 70);
}

RecordFields fields_of(const std::string& file, std::string& key) {
  std::string_view stem = file;
  stem.remove_suffix(8);
  const std::size_t build = stem.rfind('-');
  const std::size_t version = stem.rfind('-', build - 1);
  RecordFields out;
  out.name = stem.substr(0, version);
  out.version = stem.substr(version + 1, build - version - 1);
  out.build = stem.substr(build + 1);
  key = CondaVersion::parse(out.version).key();
  out.version_key = key;
  return out;
}

bool spec_matches(const std::string& spec, const std::string& file) {
  std::string key;
  const RecordFields record = fields_of(file, key);
  return MatchSpec::parse(spec).matches(record);
}

/// Where we differ from conda's tests, and why.
const std::map<std::string, std::string> kCondaDeviations = {
    {"numpy[build=py3*_2, track_features=mkl]", "translation of features to `provides_features`"},
    {"numpy[build=py3*_2, track_features='mkl debug']", "the same"},
    {"numpy[track_features='mkl,debug', build=py3*_2]", "the same"},
    {"numpy[track_features='mkl,debug' build=py3*_2]", "the same"},
    {"numpy[features=\"mkl debug\" build_number=2]", "the same"},
};

TEST_F(Vectors, CondaMatchSpecs) {
  const json tests = read("conda/match_spec.json")["tests"];
  int checked = 0;
  for (const json& row : tests["test_match_1"]["tables"][0]["rows"]) {
    EXPECT_EQ(spec_matches(row[0], "numpy-1.7.1-py27_0.tar.bz2"), row[1].get<bool>()) << row;
    ++checked;
  }
  for (const auto& [name, test] : tests.items()) {
    if (!test.contains("asserts")) continue;
    for (const json& check : test["asserts"]) {
      if (check["kind"] == "MatchSpec.match" && check.contains("pkg") && check["pkg"].is_string() &&
          check["kw"].empty() && check["spec"][0].is_string()) {
        EXPECT_EQ(spec_matches(check["spec"][0], check["pkg"]), check["expect"].get<bool>())
            << check;
        ++checked;
      }
      const bool canonical = check["kind"] == "m" && check["arg"][0].is_string() &&
                             check["expect"].is_string() &&
                             !kCondaDeviations.contains(check["arg"][0].get<std::string>());
      if (!canonical) continue;
      const std::string text = check["arg"][0];
      EXPECT_EQ(MatchSpec::parse(text).render(), check["expect"].get<std::string>()) << text;
      ++checked;
    }
  }
  EXPECT_GT(checked, 95);
}

TEST_F(Vectors, CondaMatchSpecCorpus) {
  const json tests = read("conda/match_spec.json")["tests"];
  for (const json& spec : tests["test_parse_ecosystem_corpus"]["parametrize"][0]["cases"]) {
    const std::string text = spec;
    ASSERT_TRUE(is_valid_match_spec(text)) << text;
    const MatchSpec parsed = MatchSpec::parse(text);
    EXPECT_EQ(MatchSpec::parse(parsed.render()).render(), parsed.render()) << text;
  }
  for (const char* text : {"blas [optional",
                           "blas [test=]",
                           "blas[invalid=\"1\"]",
                           "!xyz 1.3",
                           "foo=",
                           "*/lin(ux-65::f/o>=>1y",
                           "^(aaaa$",
                           "package[a]",
                           "package[a,b]",
                           "pkg 4.2.2<6.0.0",
                           "'package'",
                           "pack@ge",
                           "pkg..name",
                           "pkg--name",
                           ".pkg",
                           "-pkg",
                           "package[build",
                           "package[build=",
                           "package[build=]",
                           "package[build]",
                           "package[build=value, build=again]",
                           "pkg[build=0,junk]",
                           "package[build=0]{something else}",
                           "package[build=0][version=2]"}) {
    EXPECT_FALSE(is_valid_match_spec(text)) << text;
  }
}

/// Specs where mamba's tests say something else, and why.
const std::map<std::string, std::string> kMambaDeviations = {
    {"", "an empty text is an error here: it is a slip in a file"},
    {"foo V0.9.24", "mamba refuses an upper-case `V` after a space, and takes it after `=`"},
    {"foo=1.0=2", "with a build string, `=1.0` is 1.0 alone (CEP 29)"},
    {"foo   =    1.0    =    2", "the same"},
    {"python=3.7=bld", "the same"},
    {"defaults::numpy [ name=\"pytorch\",channel='anaconda',version=\">=1.8,<2|1.9\", build='3']",
     "`,` binds before `|` (CEP 29)"},
    {"defaults::numpy=1.8=py27_0 [name=\"pytorch\",channel='anaconda',version=\">=1.8,<2|1.9\", "
     "build='3']",
     "brackets win over what stands before them (CEP 29)"},
    {"numpy >1.8,<2|==1.7,!=1.9,~=1.7.1 py34_0", "`,` binds before `|` (CEP 29)"},
    {"libblas=0.15*", "`=0.15*` is all of 0.15, as with conda"},
    {"xtensor =0.15*", "the same"},
    {"foo=1.0=2[md5=123123123, license=BSD-3, fn='test 123.tar.bz2']", "as `foo=1.0=2`"},
    {"foo=1.0=2[md5=123123123, license=BSD-3, fn='test 123.tar.bz2', url='abcdef']", "the same"},
};

TEST_F(Vectors, MambaMatchSpecs) {
  const std::regex getter(R"re(ms\.(name|version|build_string)\(\)\.to_string\(\) == "(.*)")re");
  std::optional<MatchSpec> spec;
  bool named = false;
  std::string text;
  int checked = 0;
  const json steps = read("mamba/test_match_spec.json")["steps"];
  for (const json& step : steps) {
    if (!step.contains("check")) spec.reset();
    if (step.value("let", "") == "ms" && step.contains("parse")) {
      text = step["parse"];
      named = false;
      if (!kMambaDeviations.contains(text)) spec = MatchSpec::parse(text);
    }
    if (step.contains("let") || !spec) continue;
    std::smatch parts;
    const std::string check = step.value("check", "");
    if (!std::regex_match(check, parts, getter)) continue;
    // Some of the parsed texts were not recorded; their checks begin with the name, too.
    if (parts[1] == "name" && std::exchange(named, true)) spec.reset();
    if (!spec) continue;
    ++checked;
    if (parts[1] == "name") {
      EXPECT_EQ(spec->name(), parts[2]) << text;
    }
    if (parts[1] == "build_string") {
      EXPECT_EQ(spec->build()->text(), parts[2]) << text;
    }
    if (parts[1] != "version") continue;
    const VersionSpec expected = VersionSpec::parse(parts[2].str());
    const VersionSpec found = spec->version().value_or(VersionSpec::any());
    ASSERT_NE(found.key_set(), nullptr) << text;
    EXPECT_EQ(*found.key_set(), *expected.key_set()) << text;
  }
  EXPECT_GT(checked, 70);
}

}  // namespace
}  // namespace kasane::resolver
