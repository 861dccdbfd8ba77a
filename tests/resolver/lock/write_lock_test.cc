#include <random>

#include <gtest/gtest.h>

#include "resolver/lock/yaml_scalar.h"
#include "resolver/lock/yaml_tape.h"
#include "tests/resolver/lock/sample_lock.h"

namespace kasane::resolver {
namespace {

Lock sample() {
  Lock lock = read_lock(lock_with(item("a", "'1.10'") + item("b", "'1'")), "x.yml", {});
  lock.packages[0].dependencies = {{"python", ">=3.11,<3.12.0a0"}, {"libx", ""}, {"y", "1.2 h_0"}};
  lock.packages[1].md5 = Md5Digest::parse_hex("00000000000000000000000000000012");
  lock.packages[1].category = "dev";
  return lock;
}

Lock without_lines(Lock lock) {
  for (LockedPackage& package : lock.packages) package.line = 0;
  return lock;
}

TEST(WriteLock, WritesThisLayout) {
  const Lock lock = sample();
  EXPECT_EQ(write_lock({&lock, 1}),
            "version: 1\n"
            "metadata:\n"
            "  content_hash:\n"
            "    linux-64: '0011'\n"
            "  channels:\n"
            "  - url: conda-forge\n"
            "    used_env_vars: []\n"
            "  platforms:\n"
            "  - linux-64\n"
            "  sources:\n"
            "  - environment.yml\n"
            "package:\n"
            "- name: a\n"
            "  version: '1.10'\n"
            "  manager: conda\n"
            "  platform: linux-64\n"
            "  dependencies:\n"
            "    libx: ''\n"
            "    python: '>=3.11,<3.12.0a0'\n"
            "    'y': 1.2 h_0\n"
            "  url: https://c.example/conda-forge/noarch/a-1.0-h1_0.conda\n"
            "  hash:\n"
            "    sha256: " +
                kSha +
                "\n"
                "  build: h1_0\n"
                "  category: main\n"
                "  optional: false\n"
                "- name: b\n"
                "  version: '1'\n"
                "  manager: conda\n"
                "  platform: linux-64\n"
                "  dependencies: {}\n"
                "  url: https://c.example/conda-forge/noarch/b-1.0-h1_0.conda\n"
                "  hash:\n"
                "    md5: '00000000000000000000000000000012'\n"
                "    sha256: " +
                kSha +
                "\n"
                "  build: h1_0\n"
                "  category: dev\n"
                "  optional: true\n");
}

TEST(WriteLock, IsUndoneByReading) {
  const Lock lock = sample();
  const Lock again =
      read_lock(write_lock({&lock, 1}), "x.yml",
                {.platform = "linux-64", .categories = {"main", "dev"}, .find_variable = {}});
  EXPECT_EQ(without_lines(again).packages, without_lines(lock).packages);
  EXPECT_EQ(again.channels, lock.channels);
  EXPECT_EQ(again.sources, lock.sources);
  EXPECT_EQ(again.content_hash, lock.content_hash);
}

TEST(WriteLock, DoesNotDependOnTheOrderOfPackagesAndPlatforms) {
  Lock lock = sample();
  Lock arm = sample();
  arm.platform = "linux-aarch64";
  std::vector<Lock> locks = {lock, arm};
  const std::string text = write_lock(locks);
  std::swap(locks[0].packages[0], locks[0].packages[1]);
  std::swap(locks[0], locks[1]);
  EXPECT_EQ(write_lock(locks), text);
  const LockSelection selection = {
      .platform = "linux-aarch64", .categories = {"main", "dev"}, .find_variable = {}};
  EXPECT_EQ(read_lock(text, "x.yml", selection).packages.size(), 2U);
}

TEST(YamlScalar, QuotesWhatWouldNotBeAString) {
  struct Case {
    const char* text;
    const char* rendered;
  };
  const Case cases[] = {
      {"numpy", "numpy"},
      {"1.26.4", "1.26.4"},
      {"1.10", "'1.10'"},
      {"2024a", "2024a"},
      {"1e5", "'1e5'"},
      {"0x1f", "'0x1f'"},
      {"0b11", "'0b11'"},
      {"007", "'007'"},
      {"1_000", "'1_000'"},
      {"1:30", "'1:30'"},
      {"2024-01-02", "'2024-01-02'"},
      {"2024-01-02T03", "'2024-01-02T03'"},
      {"yes", "'yes'"},
      {"Off", "'Off'"},
      {"y", "'y'"},
      {"null", "'null'"},
      {"~", "'~'"},
      {"", "''"},
      {"*", "'*'"},
      {">=1", "'>=1'"},
      {"it's", "'it''s'"},
      {".5", "'.5'"},
      {"-1", "'-1'"},
      {"a: b", "'a: b'"},
      {"a #b", "'a #b'"},
      {"a:", "'a:'"},
      {" a", "' a'"},
      {"a\nb", "\"a\\x0ab\""},
      {"1.2.3e5", "1.2.3e5"},
      {"9e12a", "9e12a"},
      {"inf", "inf"},
  };
  for (const Case& c : cases) EXPECT_EQ(render_yaml_scalar(c.text), c.rendered) << c.text;
}

TEST(YamlScalar, IsUndoneByYaml) {
  std::mt19937 random(7);
  const std::string_view alphabet = "abyn01.:-# '\"\\>*&!%@{}[],_\n\t~/";
  for (int round = 0; round < 3000; ++round) {
    std::string text;
    for (std::size_t i = random() % 8; i > 0; --i) text += alphabet[random() % alphabet.size()];
    const std::string yaml = "k: " + render_yaml_scalar(text) + "\n";
    const YamlTape tape = YamlTape::parse_any(yaml, "x");
    ASSERT_EQ(tape.events().size(), 4U) << yaml;
    ASSERT_EQ(tape.events()[2].kind, YamlKind::kScalar) << yaml;
    ASSERT_EQ(tape.events()[2].value, text) << yaml;
  }
}

}  // namespace
}  // namespace kasane::resolver
