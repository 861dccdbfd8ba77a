#include <gtest/gtest.h>

#include "tests/resolver/lock/sample_lock.h"

namespace kasane::resolver {
namespace {

Lock read(const std::string& text, const LockSelection& selection = {}) {
  return read_lock(text, "x.yml", selection);
}

TEST(CondaLock, ReadsAPackageWithAllItsFields) {
  const Lock lock =
      read(lock_with(item("numpy", "1.26.4",
                          "    md5: " + kMd5 +
                              "\n  dependencies:\n    python: '>=3.11,<3.12.0a0'\n    libblas: ''\n"
                              "  build: py311_0\n  category: main\n  optional: false\n")));
  ASSERT_EQ(lock.packages.size(), 1U);
  const LockedPackage& package = lock.packages[0];
  EXPECT_EQ(package.manager, Manager::kConda);
  EXPECT_EQ(package.name, "numpy");
  EXPECT_EQ(package.version, "1.26.4");
  EXPECT_EQ(package.build, "py311_0");
  EXPECT_EQ(package.url, "https://c.example/conda-forge/noarch/numpy-1.0-h1_0.conda");
  EXPECT_EQ(package.file_name(), "numpy-1.0-h1_0.conda");
  EXPECT_EQ(package.sha256->hex(), kSha);
  EXPECT_EQ(package.md5->hex(), kMd5);
  const std::map<std::string, std::string> dependencies = {{"libblas", ""},
                                                           {"python", ">=3.11,<3.12.0a0"}};
  EXPECT_EQ(package.dependencies, dependencies);
  EXPECT_EQ(package.category, "main");
  EXPECT_EQ(package.line, 13);
}

TEST(CondaLock, ReadsItsMetadata) {
  const std::string text = lock_with(item("zlib"));
  const Lock lock = read(text);
  EXPECT_EQ(lock.format, LockFormat::kCondaLock);
  EXPECT_EQ(lock.platform, "linux-64");
  EXPECT_EQ(lock.content_hash, "0011");
  const std::vector<LockChannel> channels = {{"conda-forge", {}}};
  EXPECT_EQ(lock.channels, channels);
  EXPECT_EQ(lock.sources, std::vector<std::string>{"environment.yml"});
  EXPECT_EQ(lock.sha256, Digest::of(text));
}

TEST(CondaLock, KeepsVersionsAsTheyAreWritten) {
  for (const char* version : {"1.10", "0.10", "2024.01.01", "1e5", "007"}) {
    EXPECT_EQ(read(lock_with(item("a", version))).packages[0].version, version);
  }
}

TEST(CondaLock, ToleratesWhatRealFilesHave) {
  struct Case {
    const char* what;
    std::string item;
    std::string build;
  };
  const std::vector<Case> cases = {
      {"no optional, no category", item("a"), "h1_0"},
      {"a null build", item("a", "'1'", "  build: null\n"), "h1_0"},
      {"an empty build", item("a", "'1'", "  build:\n"), "h1_0"},
      {"a source that is null", item("a", "'1'", "  source: null\n"), "h1_0"},
      {"unknown keys", item("a", "'1'", "  constrains:\n    b: '1'\n  more: [1, {x: y}]\n"),
       "h1_0"},
      {"several categories", item("a", "'1'", "  categories:\n  - dev\n  - main\n"), "h1_0"},
      {"no dependencies but the key", item("a", "'1'", "  dependencies:\n"), "h1_0"},
      {"optional true", item("a", "'1'", "  optional: true\n"), "h1_0"},
  };
  for (const Case& c : cases) {
    const Lock lock = read(lock_with(c.item));
    ASSERT_EQ(lock.packages.size(), 1U) << c.what;
    EXPECT_EQ(lock.packages[0].build, c.build) << c.what;
    EXPECT_EQ(lock.packages[0].category, "main") << c.what;
  }
}

TEST(CondaLock, ReadsWindowsLineEndsAndAByteOrderMark) {
  std::string text = "\xef\xbb\xbf";
  for (const char c : lock_with(item("zlib"))) text += c == '\n' ? "\r\n" : std::string(1, c);
  EXPECT_EQ(read(text).packages[0].name, "zlib");
}

TEST(CondaLock, ReadsJson) {
  const std::string text =
      R"({"version":1,"metadata":{"platforms":["linux-64"]},"package":[{"name":"a","version":"1.0",)"
      R"("manager":"conda","platform":"linux-64","url":"file:///c/noarch/a-1.0-0.tar.bz2",)"
      R"("hash":{"md5":")" +
      kMd5 + "\"}}]}";
  EXPECT_EQ(read(text).packages[0].md5->hex(), kMd5);
}

TEST(CondaLock, TakesOnlyThePlatformAndTheCategoriesAskedFor) {
  const std::string dev = item("pytest", "'8.0'", "  category: dev\n");
  std::string arm = item("zlib");
  arm.replace(arm.find("linux-64"), 8, "linux-aarch64");
  const std::string text = lock_with(item("zlib") + arm + dev);
  EXPECT_EQ(read(text).packages.size(), 1U);
  EXPECT_EQ(read(text, {.platform = "linux-64", .categories = {"main", "dev"}, .find_variable = {}})
                .packages.size(),
            2U);
  EXPECT_EQ(read(text, {.platform = "linux-aarch64", .categories = {"main"}, .find_variable = {}})
                .packages.size(),
            1U);
  EXPECT_EQ(read_error(text, {.platform = "linux-64", .categories = {"test"}, .find_variable = {}}),
            "x.yml: the lock has no category `test` for `linux-64`; it has `main`, `dev`\n");
}

TEST(CondaLock, NamesThePlatformsItHas) {
  EXPECT_EQ(
      read_error(lock_with(item("a")),
                 {.platform = "linux-aarch64", .categories = {"main"}, .find_variable = {}}),
      "x.yml: the lock has no packages for `linux-aarch64`; it has `linux-64`\n"
      "hint: choose one with `--platform`, or add it: `kasane lock --platform linux-aarch64`\n");
}

TEST(CondaLock, RefusesAPackageNamedTwice) {
  EXPECT_EQ(read_error(lock_with(item("zlib") + item("xz") + item("zlib", "'2.0'"))),
            "x.yml:27:9: the conda package `zlib` is named twice for `linux-64`: here and in line "
            "13\n"
            "   27 | - name: zlib\n"
            "      |         ^^^^\n"
            "hint: remove one of the two, or make the lock anew\n");
}

TEST(CondaLock, TakesAPackageOnceThatTwoCategoriesNameAlike) {
  const LockSelection both = {
      .platform = "linux-64", .categories = {"main", "dev"}, .find_variable = {}};
  const std::string same = item("zlib", "'1.0'", "  category: dev\n");
  EXPECT_EQ(read(lock_with(item("zlib") + same), both).packages.size(), 1U);
  const std::string other = item("zlib", "'2.0'", "  category: dev\n");
  EXPECT_EQ(read_error(lock_with(item("zlib") + other), both),
            "x.yml:20:9: the conda package `zlib` is named twice for `linux-64`: here and in line "
            "13\n"
            "   20 | - name: zlib\n"
            "      |         ^^^^\n"
            "hint: the categories `main` and `dev` do not fit together: choose one\n");
}

TEST(CondaLock, ComparesPipNamesAsPipDoes) {
  const auto wheel = [](const std::string& name) {
    return fmt::format(
        "- name: {0}\n  version: '1.0'\n  manager: pip\n  platform: linux-64\n"
        "  url: https://f.example/{0}-1.0-py3-none-any.whl\n  hash:\n    sha256: {1}\n",
        name, kSha);
  };
  EXPECT_EQ(read(lock_with(item("zope") + wheel("zope"))).packages.size(), 2U);
  EXPECT_EQ(read_error(lock_with(wheel("Zope.Event") + wheel("zope_event"))),
            "x.yml:20:9: the pip package `zope_event` is named twice for `linux-64`: here and in "
            "line 13\n"
            "   20 | - name: zope_event\n"
            "      |         ^^^^^^^^^^\n"
            "hint: remove one of the two, or make the lock anew\n");
}

struct ErrorCase {
  const char* name;
  std::string text;
  std::string rendered;
};

class CondaLockErrors : public testing::TestWithParam<ErrorCase> {};

TEST_P(CondaLockErrors, PointToTheCulprit) {
  EXPECT_EQ(read_error(GetParam().text), GetParam().rendered);
}

std::string replaced(std::string text, const std::string& from, const std::string& to) {
  return text.replace(text.find(from), from.size(), to);
}

const char kExpected[] = "expected a `conda-lock.yml` of version 1 or an `@EXPLICIT` list, found ";

INSTANTIATE_TEST_SUITE_P(
    All, CondaLockErrors,
    testing::Values(
        ErrorCase{"Empty", " \n",
                  "x.yml: expected a lock, found an empty file\n"
                  "hint: make one with `kasane lock environment.yml`\n"},
        ErrorCase{
            "Specification", "name: x\ndependencies:\n- python\n",
            std::string("x.yml: ") + kExpected +
                "a specification (`dependencies`)\nhint: lock it first: `kasane lock x.yml`\n"},
        ErrorCase{"Pixi", "version: 6\nenvironments: {}\npackages: []\n",
                  std::string("x.yml: ") + kExpected +
                      "a pixi lock\nhint: run `pixi workspace export conda-explicit-spec DIR`, "
                      "which writes such a list\n"},
        ErrorCase{"Text", "hello\n",
                  std::string("x.yml: ") + kExpected +
                      "neither\nhint: make a lock with `kasane lock environment.yml`\n"},
        ErrorCase{"Version", "version: 4\npackage: []\n",
                  "x.yml:1:10: expected version `1` of the lock's format, found `4`\n"
                  "    1 | version: 4\n"
                  "      |          ^\n"
                  "hint: make the lock anew with `kasane lock`\n"},
        ErrorCase{"NoHash", replaced(lock_with(item("a")), "    sha256: " + kSha, "    {}"),
                  "x.yml:13:9: no hash is given for `a`, so what is fetched cannot be checked\n"
                  "   13 | - name: a\n"
                  "      |         ^\n"
                  "hint: make the lock anew: each package needs its `sha256`\n"},
        ErrorCase{"ShortHash", replaced(lock_with(item("a")), kSha, "abc"),
                  "x.yml:19:13: expected a sha256 as 64 lower-case hex digits, found `abc`\n"
                  "   19 |     sha256: abc\n"
                  "      |             ^^^\n"},
        ErrorCase{"NoUrl", replaced(lock_with(item("a")), "  url:", "  uri:"),
                  "x.yml:13:3: the package `a` has no `url`\n"
                  "   13 | - name: a\n"
                  "      |   ^\n"
                  "hint: make the lock anew: it is damaged or was edited by hand\n"},
        ErrorCase{"Manager", replaced(lock_with(item("a")), "manager: conda", "manager: npm"),
                  "x.yml:15:12: expected `conda` or `pip`, found `npm`\n"
                  "   15 |   manager: npm\n"
                  "      |            ^^^\n"},
        ErrorCase{"HostileName", replaced(lock_with(item("a")), "name: a", "name: ../a"),
                  "x.yml:13:9: expected a package's name, found `../a`\n"
                  "   13 | - name: ../a\n"
                  "      |         ^^^^\n"},
        ErrorCase{"HostileFile", replaced(lock_with(item("a")), "/a-1.0", "/..%2fa-1.0"),
                  "x.yml:17:8: the address does not end in the name of a file\n"
                  "   17 |   url: https://c.example/conda-forge/noarch/..%2fa-1.0-h1_0.conda\n"
                  "      |        ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^\n"},
        ErrorCase{"Scheme", replaced(lock_with(item("a")), "https://", "oci://"),
                  "x.yml:17:8: expected an address of `https`, `http` or `file`, found `oci`\n"
                  "   17 |   url: oci://c.example/conda-forge/noarch/a-1.0-h1_0.conda\n"
                  "      |        ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^\n"
                  "hint: mirror the package to a web server or a directory\n"},
        ErrorCase{"DuplicateKey", lock_with(item("a", "'1'", "  url: x\n")),
                  "x.yml:20:3: the key `url` comes twice in one map\n"
                  "   20 |   url: x\n"
                  "      |   ^^^\n"},
        ErrorCase{"PackageIsAMap", "version: 1\npackage:\n  a: b\n",
                  "x.yml:3:3: expected `package` as a list, found a map\n"
                  "    3 |   a: b\n"
                  "      |   ^\n"},
        ErrorCase{"Conflict", replaced(lock_with(item("a")), "- name", "<<<<<<< HEAD\n- name"),
                  "x.yml:13:1: the file holds an unresolved merge conflict\n"
                  "   13 | <<<<<<< HEAD\n"
                  "      | ^^^^^^^\n"
                  "hint: resolve the conflict, or make the lock anew with `kasane lock`\n"},
        ErrorCase{"Yaml", "version: 1\npackage: [\n",
                  "x.yml:3:1: not valid YAML: end of sequence flow not found\n"},
        ErrorCase{"Alias", "version: &a 1\npackage: *a\n",
                  "x.yml:1:10: an anchor has no place in a lock\n"
                  "    1 | version: &a 1\n"
                  "      |          ^\n"},
        ErrorCase{"Tag", "version: !!python/object 1\npackage: []\n",
                  "x.yml:1:10: the tag `tag:yaml.org,2002:python/object` has no place in a lock\n"
                  "    1 | version: !!python/object 1\n"
                  "      |          ^\n"}),
    [](const testing::TestParamInfo<ErrorCase>& info) { return info.param.name; });

TEST(CondaLock, RefusesSourceDistributions) {
  const std::string text = lock_with(
      "- name: x\n  version: '1.0'\n  manager: pip\n  platform: linux-64\n"
      "  url: https://f.example/x-1.0.tar.gz\n  hash:\n    sha256: " +
      kSha + "\n");
  EXPECT_EQ(read_error(text),
            "x.yml:17:8: expected a wheel (`.whl`) for `x`, found `x-1.0.tar.gz`\n"
            "   17 |   url: https://f.example/x-1.0.tar.gz\n"
            "      |        ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^\n"
            "hint: build a wheel of it and lock that: kasane runs no build of its own\n");
}

TEST(CondaLock, SurvivesDeepNesting) {
  const std::string text = "package: " + std::string(100000, '[');
  EXPECT_NE(read_error(text).find("not valid YAML"), std::string::npos);
}

}  // namespace
}  // namespace kasane::resolver
