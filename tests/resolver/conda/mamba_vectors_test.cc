#include <map>
#include <optional>
#include <regex>
#include <set>

#include "base/error.h"
#include "resolver/conda/channel.h"
#include "resolver/conda/match_spec.h"
#include "tests/support/vectors.h"

namespace kasane::resolver {
namespace {

using nlohmann::json;

class MambaVectors : public testing::VectorsTest {};

/// mamba's regular expressions are known by more than `^` and `$`, which are CEP 29's marks of one.
std::string marked(const std::string& pattern) {
  const bool expression = pattern.find(".*") != std::string::npos;
  return expression && !pattern.starts_with('^') ? "^" + pattern + "$" : pattern;
}

TEST_F(MambaVectors, StringPatterns) {
  const std::regex call(R"re(spec\.contains\("([^"]*)"\))re");
  int checked = 0;
  for (const char* file : {"mamba/test_glob_spec.json", "mamba/test_regex_spec.json",
                           "mamba/test_chimera_string_spec.json"}) {
    std::optional<std::string> pattern;
    const json steps = read(file)["steps"];
    for (const json& step : steps) {
      if (step.contains("test_case")) {
        // The pattern of a glob is its test's name, but for one that is called otherwise.
        const std::string name = step["test_case"];
        pattern.reset();
        if (name.ends_with("Free")) pattern = "*";
        if (name == "*mkl*") pattern = "mkl";
        if (name == "*py*") pattern = "*py*";
      }
      if (step.value("let", "") == "spec") pattern = marked(step["parse"]);
      std::smatch parts;
      const std::string check = step.value("check", "");
      if (!pattern || !std::regex_match(check, parts, call)) continue;
      const bool matches = StringPattern::parse(*pattern).matches(parts[1].str());
      EXPECT_EQ(matches, step["expect"] == "REQUIRE") << *pattern << " " << check;
      ++checked;
    }
  }
  EXPECT_GT(checked, 40);
}

/// Whether a build number is what `spec` asks for; nothing for what cannot be read.
std::optional<bool> find_match(const std::string& spec, std::uint64_t build_number) {
  RecordFields fields;
  fields.name = "foo";
  fields.version = "1";
  const CondaVersion version = CondaVersion::parse("1");
  fields.version_key = version.key();
  fields.build_number = build_number;
  try {
    return MatchSpec::parse("foo[build_number=\"" + spec + "\"]").matches(fields);
  } catch (const Error&) {
    return std::nullopt;
  }
}

TEST_F(MambaVectors, BuildNumbers) {
  // Refused by mamba. Here they are read as versions are, which does no harm.
  const std::set<std::string> deviations = {"<2.4", "(3)"};
  const std::regex call(R"re("(.*)"_bs\.contains\((\d+)\))re");
  int checked = 0;
  bool unsuccessful = false;
  const json steps = read("mamba/test_build_number_spec.json")["steps"];
  for (const json& step : steps) {
    if (step.contains("section")) unsuccessful = step["section"] == "Unsuccessful";
    if (unsuccessful && step.contains("strings")) {
      for (const json& text : step["strings"]) {
        EXPECT_EQ(find_match(text, 1).has_value(), deviations.contains(text)) << text;
        ++checked;
      }
    }
    std::smatch parts;
    const std::string check = step.value("check", "");
    if (!std::regex_match(check, parts, call) || parts[1].length() == 0) continue;
    EXPECT_EQ(find_match(parts[1], std::stoul(parts[2])), step["expect"] == "REQUIRE") << check;
    ++checked;
  }
  EXPECT_GT(checked, 25);
}

/// Channels as people write them: which part is the name, which one a subdir.
TEST_F(MambaVectors, Channels) {
  const std::map<std::string, std::string> deviations = {
      {"conda-forge[linux-avx512]", "a list of platforms behind a channel is mamba's alone"},
      {"conda-forge[linux-64]", "the same"},
      {"conda-forge/label/foo_dev[linux-64]", "the same"},
      {"conda-forge/linux-64/label/foo_dev", "a subdir stands at the end"},
      {"/tmp/pkg-0.0-bld.tar.bz2", "a package, no channel"},
      {"pkg-0.0-bld.conda", "a package, no channel"},
      {"nested/pkg-0.0-bld.tar.bz2", "a package, no channel"},
      {R"(C:\tmp\pkg-0.0-bld.tar.bz2)", "a package, no channel"}};
  ChannelSettings settings;
  settings.alias = "https://alias";
  settings.working_directory = "/cwd";
  settings.home = "/home";
  const std::regex location(R"re(uc\.location\(\) == "(.*)")re");
  std::optional<std::string> text;
  int checked = 0;
  const json steps = read("mamba/test_unresolved_channel.json")["steps"];
  for (const json& step : steps) {
    if (step.contains("section") || step.contains("test_case")) text.reset();
    if (step.value("let", "") == "uc" && step.contains("parse")) text = step["parse"];
    std::smatch parts;
    const std::string check = step.value("check", "");
    if (!text || deviations.contains(*text) || !std::regex_match(check, parts, location)) continue;
    const Channel found = Channel::parse(*text, settings);
    EXPECT_EQ(found, Channel::parse(parts[1].str() + (found.subdir() ? "/" + *found.subdir() : ""),
                                    settings))
        << *text;
    ++checked;
  }
  EXPECT_GE(checked, 7);
}

/// The URLs of these cases were not recorded, but what is in them was.
TEST_F(MambaVectors, PackageUrls) {
  const std::regex field(R"re(pkg\.(name|version|build_string|platform) == "(.*)")re");
  std::map<std::string, std::string> fields;
  int checked = 0;
  const json steps = read("mamba/test_package_info.json")["steps"];
  for (const json& step : steps) {
    if (step.contains("section")) fields.clear();
    std::smatch parts;
    const std::string check = step.value("check", "");
    if (!std::regex_match(check, parts, field)) continue;
    fields[parts[1]] = parts[2];
    if (parts[1] != "platform" || fields.size() < 4) continue;
    const std::string url = "https://conda.anaconda.org/conda-forge/" + fields["platform"] + "/" +
                            fields["name"] + "-" + fields["version"] + "-" +
                            fields["build_string"] + ".conda";
    const MatchSpec spec = MatchSpec::parse(url);
    EXPECT_EQ(spec.name(), fields["name"]);
    EXPECT_EQ(spec.version()->text(), "==" + fields["version"]);
    EXPECT_EQ(spec.build()->text(), fields["build_string"]);
    EXPECT_EQ(spec.subdir(), fields["platform"]);
    ++checked;
  }
  EXPECT_GE(checked, 4);
}

}  // namespace
}  // namespace kasane::resolver
