#include <gtest/gtest.h>

#include "tests/resolver/spec/sample_spec.h"

namespace kasane::resolver {
namespace {

EnvironmentSpec merged(const std::vector<std::pair<std::string, std::string>>& files) {
  std::vector<EnvironmentSpec> specs;
  for (const auto& [name, text] : files) specs.push_back(spec_of(text, name));
  return merge_specs(specs);
}

std::string merge_error(const std::vector<std::pair<std::string, std::string>>& files) {
  try {
    merged(files);
  } catch (const Error& error) {
    return error.render();
  }
  return "no error";
}

TEST(MergeSpecs, JoinsInTheOrderOfTheFiles) {
  const EnvironmentSpec spec =
      merged({{"a.yml",
               "name: a\nchannels: [c, d]\ndependencies: [x, pip, {pip: [p]}]\nvariables: {V: 1}\n"
               "platforms: [linux-64, osx-64]\n"},
              {"b.yml",
               "name: b\nchannels: [e, d]\ndependencies: [y]\nvariables: {V: 1, W: 2}\n"
               "platforms: [linux-64]\n"},
              {"r.txt", "--pre\n-f https://l\nq>=1\n"},
              {"p.toml", "[project]\nrequires-python = \">=3.9\"\n"},
              {"e.yaml", "python: 3.10\ndependencies: []\n"}});
  EXPECT_EQ(spec.kind, "merged");
  EXPECT_EQ(spec.name, "a");
  EXPECT_EQ(texts(spec.channels), (Texts{"c", "d", "e"}));
  EXPECT_EQ(texts(spec.conda), (Texts{"x", "pip", "y"}));
  EXPECT_EQ(texts(spec.pip), (Texts{"p", "q>=1"}));
  EXPECT_EQ(spec.python->text, ">=3.9,3.10.*");
  EXPECT_EQ(spec.platforms, Texts{"linux-64"});
  EXPECT_TRUE(spec.pip_options.pre);
  EXPECT_EQ(spec.pip_options.find_links, Texts{"https://l"});
  EXPECT_EQ(spec.variables, (std::map<std::string, std::string>{{"V", "1"}, {"W", "2"}}));
  EXPECT_EQ(spec.sources, (Texts{"a.yml", "b.yml", "r.txt", "p.toml", "e.yaml"}));
}

TEST(MergeSpecs, LeavesOneAsItIs) { EXPECT_EQ(merged({{"r.txt", "x\n"}}).kind, "requirements"); }

TEST(MergeSpecs, RefusesWhatContradicts) {
  EXPECT_EQ(merge_error({{"a.yml", "image: x\n"}, {"b.yml", "image: y\n"}}),
            "b.yml:1:8: expected the base image `x` of `a.yml:1`, found `y`\n"
            "    1 | image: y\n"
            "      |        ^\n"
            "hint: name one base image for both\n");
  EXPECT_EQ(merge_error({{"a.txt", "-i https://a\n"}, {"b.txt", "-i https://b\n"}}),
            "b.txt: the specifications name different values of `--index-url`\n"
            "hint: name one index; further ones are for `--extra-index-url`\n");
  EXPECT_EQ(merge_error({{"a.yml", "dependencies: []\nvariables: {V: 1}\n"},
                         {"b.yml", "dependencies: []\nvariables: {V: 2}\n"}}),
            "b.yml: the specifications give the variable `V` different values\n"
            "hint: leave it in one of them only\n");
  EXPECT_EQ(merge_error({{"a.txt", "x\n"}, {"l.txt", "@EXPLICIT\n"}}),
            "l.txt: a lock cannot be merged with other specifications\n");
  EXPECT_EQ(merge_error({{"a.txt", "x\n"},
                         {"p.yml",
                          "jobs:\n  a: {environment: {image: i}}\n"
                          "  b: {environment: {image: j}}\n"}}),
            "p.yml: expected one environment to merge, found 2 in the file\n");
  EXPECT_EQ(merge_error({{"a.yml", "dependencies: []\nplatforms: [linux-64]\n"},
                         {"b.yml", "dependencies: []\nplatforms: [osx-64]\n"}}),
            "b.yml: the specifications have no platform in common\n");
}

TEST(CanonicalDigest, IsTheSameForTheSameDemand) {
  const std::vector<std::pair<std::string, std::string>> same = {
      {"dependencies: [Numpy >=1.2, python=3.10]\nname: a\n",
       "dependencies:\n- 'python 3.10.*'\n- numpy>=1.2\n"},
      {"dependencies:\n- pip:\n  - Foo_Bar[b,a] >=1\n  - Zed\n",
       "dependencies: [{pip: ['zed', \"foo.bar[a, b]>=1\"]}]\n"},
      {"dependencies: [{pip: [\"a<2,>=1;python_version<'3.9'\"]}]\n",
       "dependencies: [{pip: [\"a >=1, <2 ; python_version < \\\"3.9\\\"\"]}]\n"},
      {"channels: [c/, d]\ndependencies: [a, a]\n", "channels: [c, d, c]\ndependencies: [a]\n"},
  };
  for (const auto& [one, other] : same) {
    EXPECT_EQ(canonical_digest(spec_of(one)), canonical_digest(spec_of(other))) << one;
  }
}

TEST(CanonicalDigest, DiffersWhereTheDemandDoes) {
  const std::vector<std::string> different = {
      "dependencies: [a]\n",
      "dependencies: [b]\n",
      "dependencies: [a=1]\n",
      "dependencies: [a==1]\n",
      "dependencies: [{pip: [a]}]\n",
      "dependencies: [{pip: [a, --pre]}]\n",
      "dependencies: [{pip: [-e a]}]\n",
      "dependencies: [a]\nchannels: [c, d]\n",
      "dependencies: [a]\nchannels: [d, c]\n",
      "dependencies: [a]\nchannels: [c, d, nodefaults]\n",
      "dependencies: [a]\nvariables: {A: 1}\n",
      "image: i\nconda_file: {dependencies: [a]}\n",
      "image: j\nconda_file: {dependencies: [a]}\n",
  };
  std::map<std::string, std::string> digests;
  for (const std::string& text : different) {
    const auto [known, is_new] = digests.emplace(canonical_digest(spec_of(text)), text);
    EXPECT_TRUE(is_new) << text << known->second;
  }
}

}  // namespace
}  // namespace kasane::resolver
