#include <map>
#include <optional>
#include <regex>
#include <set>

#include "base/error.h"
#include "base/url.h"
#include "resolver/conda/match_spec.h"
#include "tests/support/vectors.h"

namespace kasane::resolver {
namespace {

using nlohmann::json;

class RattlerVectors : public testing::VectorsTest {};

/// What an implementation's own tests say of a version expression.
std::optional<VersionSpec> find_version_spec(const std::string& text) {
  try {
    return VersionSpec::parse(text);
  } catch (const Error&) {
    return std::nullopt;
  }
}

bool is_match_spec(const std::string& text) {
  try {
    MatchSpec::parse(text);
    return true;
  } catch (const Error&) {
    return false;
  }
}

/// Where we differ, and why.
const std::map<std::string, std::string> kDeviations = {
    {"^$", "a regular expression, which rattler reads nowhere (CEP 29)"},
    {"^1.2.3$", "the same"},
    {"1.*.3", "a glob within a version, which rattler reads nowhere (CEP 29)"},
    {"2023.*.0", "the same"},
    {"2023.*.*", "the same: rattler takes it for `2023.*`"},
    {"*.*", "the same: rattler takes it for `*`"},
    {"==1.2.*", "all of 1.2, as with mamba and pip; rattler, like conda, takes it for `==1.2`"},
    {">1.2.*", "as with conda `>1.2`; rattler takes it for `>=1.2`"},
    {">=3.1*", "as with conda the star is the lowest of letters; rattler takes it for `>=3.1`"},
    {">2.10*", "the same; rattler takes it for `>=2.10`"},
};

/// rattler's names of operators as conda writes them.
std::string operator_of(const std::string& name) {
  static const std::map<std::string, std::string> kOperators = {
      {"Greater", ">"},     {"GreaterEquals", ">="}, {"Less", "<"},
      {"LessEquals", "<="}, {"Equals", "=="},        {"NotEquals", "!="},
      {"StartsWith", "="},  {"NotStartsWith", "!="}, {"Compatible", "~="}};
  return kOperators.at(name);
}

void expect_same(const std::string& text, const std::string& expected) {
  const auto found = find_version_spec(text);
  ASSERT_TRUE(found) << text;
  const VersionSpec wanted = VersionSpec::parse(expected);
  ASSERT_NE(found->key_set(), nullptr) << text;
  EXPECT_EQ(*found->key_set(), *wanted.key_set()) << text << " is " << expected;
}

/// `X::from_str("text", strictness), Ok(…)` and the like; Strict is a mode of rattler's own.
TEST_F(RattlerVectors, Constraints) {
  const std::regex call(
      R"re(^ ?\(?(?:Constraint::from_str|(?:logical_constraint_parser|constraint_parser|regex_constraint_parser)\((?:Lenient|strictness)\))\("([^"]*)"(?:, (?:Lenient|strictness))?\), (Ok|Err)\((.*))re");
  const std::regex version_part(R"re((?:Operator::)(\w+)(?:,)? Version::from_str\("([^"]*)"\))re");
  int checked = 0;
  for (const char* file : {"rattler_conda_version__src__version_spec__constraint.json",
                           "rattler_conda_version__src__version_spec__parse.json"}) {
    for (const std::string& text : assertions(file)) {
      std::smatch parts;
      if (!std::regex_search(text, parts, call)) continue;
      const std::string spec = parts[1];
      if (kDeviations.contains(spec)) continue;
      ++checked;
      if (parts[2] == "Err") {
        EXPECT_FALSE(find_version_spec(spec)) << text;
        continue;
      }
      std::smatch comparison;
      const std::string rest = parts[3];
      if (rest.find("Constraint::Any") != std::string::npos) {
        EXPECT_TRUE(find_version_spec(spec) && find_version_spec(spec)->is_any()) << text;
      } else if (std::regex_search(rest, comparison, version_part)) {
        const bool prefix = comparison[1] == "NotStartsWith";
        expect_same(spec, operator_of(comparison[1]) + comparison[2].str() + (prefix ? ".*" : ""));
      } else {
        ADD_FAILURE() << "not understood: " << text;
      }
    }
  }
  EXPECT_GT(checked, 35);
}

TEST_F(RattlerVectors, VersionSpecs) {
  const std::string file = "rattler_conda_version__src__version_spec__mod.json";
  const std::regex same(
      R"re(^ ?VersionSpec::from_str\("([^"]*)", (?:ParseStrictness::)?Lenient\)\.unwrap\(\), VersionSpec::from_str\("([^"]*)",)re");
  const std::regex refused(
      R"re(^ ?VersionSpec::from_str\("([^"]*)", (?:ParseStrictness::)?Lenient\)\.unwrap_err\(\))re");
  const std::regex plain(
      R"re(^ ?VersionSpec::from_str\("([^"]*)", (?:ParseStrictness::)?(?:Strict|Lenient)\)(?:\.is_ok\(\)|, Ok))re");
  int checked = 0;
  for (const std::string& text : assertions(file)) {
    std::smatch parts;
    if (std::regex_search(text, parts, same)) {
      if (kDeviations.contains(parts[1])) continue;
      const auto left = find_version_spec(parts[1]);
      ASSERT_TRUE(left) << text;
      ASSERT_NE(left->key_set(), nullptr) << text;
      EXPECT_EQ(*left->key_set(), *VersionSpec::parse(parts[2].str()).key_set()) << text;
    } else if (std::regex_search(text, parts, refused)) {
      if (kDeviations.contains(parts[1])) continue;
      EXPECT_FALSE(find_version_spec(parts[1])) << text;
    } else if (std::regex_search(text, parts, plain)) {
      EXPECT_TRUE(find_version_spec(parts[1])) << text;
    } else {
      continue;
    }
    ++checked;
  }
  const json document = read("rattler/" + file);
  for (const json& test : document["tests"]) {
    if (test["fn"] != "issue_685") continue;
    const CondaVersion version = CondaVersion::parse("2.38");
    for (const json& row : test["cases"]) {
      const VersionSpec spec = VersionSpec::parse(row[0].get<std::string>());
      EXPECT_EQ(spec.matches(version), row[1] == "true") << row;
      ++checked;
    }
  }
  EXPECT_GT(checked, 15);
}

TEST_F(RattlerVectors, Versions) {
  const std::regex order(
      R"re(Version::from_str\("([^"]*)"\)\.unwrap\(\) (<) Version::from_str\("([^"]*)"\))re");
  const std::regex prefix(
      R"re(^ ?(!?)Version::from_str\("([^"]*)"\) ?\.unwrap\(\) ?\.starts_with\(&Version::from_str\("([^"]*)"\))re");
  int checked = 0;
  for (const std::string& text : assertions("rattler_conda_version__src__version__mod.json")) {
    std::smatch parts;
    if (std::regex_search(text, parts, order)) {
      EXPECT_LT(CondaVersion::parse(parts[1].str()), CondaVersion::parse(parts[3].str())) << text;
    } else if (std::regex_search(text, parts, prefix)) {
      const bool begins =
          CondaVersion::parse(parts[2].str()).starts_with(CondaVersion::parse(parts[3].str()));
      EXPECT_EQ(begins, !parts[1].matched || parts[1].length() == 0) << text;
    } else {
      continue;
    }
    ++checked;
  }
  EXPECT_GE(checked, 7);
}

TEST_F(RattlerVectors, StringPatterns) {
  const std::regex call(
      R"re(^ ?(!?)StringMatcher::from_str\("([^"]*)"\) ?\.unwrap\(\) ?\.matches\("([^"]*)"\))re");
  int checked = 0;
  for (const std::string& text : assertions("rattler_conda_types__src__match_spec__matcher.json")) {
    std::smatch parts;
    if (!std::regex_search(text, parts, call)) continue;
    // Rust's texts are written with escapes.
    const auto unescaped = [](const std::string& escaped) {
      return std::regex_replace(escaped, std::regex(R"(\\\\)"), "\\");
    };
    const StringPattern pattern = StringPattern::parse(unescaped(parts[2]));
    EXPECT_EQ(pattern.matches(unescaped(parts[3])), parts[1].length() == 0) << text;
    ++checked;
  }
  EXPECT_GT(checked, 25);
}

TEST_F(RattlerVectors, VirtualPackages) {
  int checked = 0;
  const json document = read("rattler/rattler_conda_types__src__match_spec__mod.json");
  for (const json& test : document["tests"]) {
    if (test["fn"] != "test_match_generic_virtual_package") continue;
    const CondaVersion version = CondaVersion::parse("1.0");
    RecordFields fields;
    fields.name = "foo";
    fields.version = version.text();
    fields.version_key = version.key();
    fields.build = "py37_0";
    for (const json& row : test["cases"]) {
      const MatchSpec spec = MatchSpec::parse(row[0].get<std::string>());
      EXPECT_EQ(spec.matches(fields), row[1] == "true") << row;
      ++checked;
    }
  }
  EXPECT_EQ(checked, 9);
}

/// Version and build as they stand in a MatchSpec: `2.7|>=3.6`, `>=1.0 , < 2.0 py34_0`.
TEST_F(RattlerVectors, SplitsVersionAndBuild) {
  const std::regex call(
      R"re(split_version_and_build\("([^"]*)", Lenient\), Ok\(\("([^"]*)", (?:None|Some\("([^"]*)"\))\)\))re");
  int checked = 0;
  for (const std::string& text : assertions("rattler_conda_types__src__match_spec__parse.json",
                                            "test_split_version_and_build")) {
    std::smatch parts;
    if (!std::regex_search(text, parts, call)) continue;
    const MatchSpec spec = MatchSpec::parse("foo " + parts[1].str());
    std::string build = parts[3];
    if (build.starts_with('=')) build.erase(0, 1);
    EXPECT_EQ(spec.build() ? spec.build()->text() : "", build) << text;
    ++checked;
  }
  EXPECT_GE(checked, 15);
}

/// Where packages are, by `base_url` (CEP 15).
TEST_F(RattlerVectors, BaseUrls) {
  const std::regex call(
      R"re(compute_package_url\(&base_url, Some\("([^"]*)"\), "bla.conda",?\)\.to_string\(\), "([^"]*)")re");
  std::set<std::string> checked;
  const Url directory = Url::parse("https://conda.anaconda.org/conda-forge/linux-64/");
  for (const std::string& text :
       assertions("rattler_conda_types__src__repo_data__mod.json", "test_base_url")) {
    std::smatch parts;
    if (!std::regex_search(text, parts, call)) continue;
    std::string place = directory.resolve(parts[1].str()).render();
    if (!place.ends_with('/')) place += '/';
    EXPECT_EQ(place + "bla.conda", parts[2]) << text;
    checked.insert(parts[1]);
  }
  EXPECT_EQ(checked.size(), 4U);
}

/// Texts that rattler's tests refuse, as far as the specifications do.
TEST_F(RattlerVectors, RefusesWhatNobodyReads) {
  for (const char* text :
       {"bla[version=\"1.2.3\", build_number=]", "bla[version=\"1.2.3, build_number=1]",
        "bla[unknown_key=1]", "ray[default,data] >=2.9.0,<3.0.0", "foo[build=a, build=b]",
        "conda-forge::", "foo[md5=]"}) {
    EXPECT_FALSE(is_match_spec(text)) << text;
  }
}

}  // namespace
}  // namespace kasane::resolver
