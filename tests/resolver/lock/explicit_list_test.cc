#include <gtest/gtest.h>

#include "tests/resolver/lock/sample_lock.h"

namespace kasane::resolver {
namespace {

const std::string kBase = "https://c.example/conda-forge/linux-64/";

Lock read(const std::string& lines) { return read_lock("@EXPLICIT\n" + lines, "x.txt", {}); }

std::string error_of(const std::string& lines) {
  return render_error([&] { read(lines); });
}

TEST(ExplicitList, TakesNameVersionAndBuildFromTheFileName) {
  struct Case {
    std::string file, name, version, build;
  };
  const std::vector<Case> cases = {
      {"zlib-1.2.11-h36c2ea0_1013.tar.bz2", "zlib", "1.2.11", "h36c2ea0_1013"},
      {"ld_impl_linux-64-2.33.1-h53a641e_7.conda", "ld_impl_linux-64", "2.33.1", "h53a641e_7"},
      {"_libgcc_mutex-0.1-conda_forge.conda", "_libgcc_mutex", "0.1", "conda_forge"},
      {"python-tzdata-2024a-0.conda", "python-tzdata", "2024a", "0"},
      {"x-1%212.0-0.conda", "x", "1!2.0", "0"},
  };
  for (const Case& c : cases) {
    const Lock lock = read(kBase + c.file + "#" + kMd5);
    ASSERT_EQ(lock.packages.size(), 1U) << c.file;
    EXPECT_EQ(lock.packages[0].name, c.name);
    EXPECT_EQ(lock.packages[0].version, c.version);
    EXPECT_EQ(lock.packages[0].build, c.build);
    EXPECT_EQ(lock.packages[0].url, kBase + c.file);
    EXPECT_EQ(lock.packages[0].line, 2);
    EXPECT_EQ(lock.format, LockFormat::kExplicit);
  }
}

TEST(ExplicitList, ReadsEveryFormOfHash) {
  for (const std::string& hash : {kSha, "sha256:" + kSha}) {
    const Lock lock = read(kBase + "a-1-0.conda#" + hash);
    EXPECT_EQ(lock.packages[0].sha256->hex(), kSha);
    EXPECT_EQ(lock.packages[0].md5, std::nullopt);
  }
  for (const std::string& hash : {kMd5, "md5:" + kMd5}) {
    const Lock lock = read(kBase + "a-1-0.conda#" + hash);
    EXPECT_EQ(lock.packages[0].md5->hex(), kMd5);
    EXPECT_EQ(lock.packages[0].sha256, std::nullopt);
  }
}

TEST(ExplicitList, ReadsPathsAndFileUrls) {
  for (const std::string url :
       {"file:///c/linux-64/a-1-0.conda", "/c/a-1-0.conda", "./a-1-0.conda", "a-1-0.conda"}) {
    EXPECT_EQ(read(url + "#" + kMd5).packages[0].url, url);
  }
}

TEST(ExplicitList, PassesOverCommentsAndEmptyLines) {
  const Lock lock = read("# a comment\n\n   \t\n  " + kBase + "a-1-0.conda#" + kMd5 +
                         "  \r\n# platform: linux-64\n");
  EXPECT_EQ(lock.packages.size(), 1U);
  EXPECT_EQ(lock.packages[0].line, 5);
}

TEST(ExplicitList, ReadsThePipLinesOfCondaLock) {
  const Lock lock =
      read("# pip torch @ https://f.example/torch-2.0%2Bcpu-cp311-none-any.whl#sha256=" + kSha +
           "\n# pip b[x] @ https://f.example/b-1-py3-none-any.whl --hash=sha256:" + kSha + "\n");
  ASSERT_EQ(lock.packages.size(), 2U);
  EXPECT_EQ(lock.packages[0].manager, Manager::kPip);
  EXPECT_EQ(lock.packages[0].name, "torch");
  EXPECT_EQ(lock.packages[0].version, "2.0+cpu");
  EXPECT_EQ(lock.packages[0].file_name(), "torch-2.0+cpu-cp311-none-any.whl");
  EXPECT_EQ(lock.packages[1].name, "b");
  EXPECT_EQ(lock.packages[1].sha256->hex(), kSha);
}

TEST(ExplicitList, ReplacesVariablesAndTheHomeDirectory) {
  LockSelection selection;
  selection.find_variable = [](const std::string& name) -> std::optional<std::string> {
    if (name == "HOME") return "/home/x";
    if (name == "TOKEN") return "s3cret";
    return std::nullopt;
  };
  const Lock lock = read_lock("@EXPLICIT\n~/c/a-1-0.conda#" + kMd5 +
                                  "\nhttps://c.example/t/${TOKEN}/p/noarch/b-1-0.conda#" + kMd5,
                              "x.txt", selection);
  EXPECT_EQ(lock.packages[0].url, "/home/x/c/a-1-0.conda");
  EXPECT_EQ(lock.packages[1].url, "https://c.example/p/noarch/b-1-0.conda");
  EXPECT_EQ(lock.find_credentials(lock.packages[1].url)->token->reveal(), "s3cret");
  EXPECT_EQ(error_of("https://$NOT_SET/a-1-0.conda#" + kMd5),
            "x.txt:2:1: the environment variable `NOT_SET` is not set\n"
            "    2 | https://$NOT_SET/a-1-0.conda#" +
                kMd5 +
                "\n      | ^^^^^^^^^^^^^^^^^^^^^^^^^^^^\n"
                "hint: set `NOT_SET`, or write the address in full\n");
}

TEST(ExplicitList, KeepsCredentialsOutOfTheUrl) {
  const Lock lock = read("https://me:s3cret@c.example/t/tok-1/p/noarch/a-1-0.conda#" + kMd5 +
                         "\nhttps://c.example/q/noarch/b-1-0.conda#" + kMd5);
  EXPECT_EQ(lock.packages[0].url, "https://c.example/p/noarch/a-1-0.conda");
  const UrlCredentials* found = lock.find_credentials(lock.packages[0].url);
  ASSERT_NE(found, nullptr);
  EXPECT_EQ(found->user_info->reveal(), "me:s3cret");
  EXPECT_EQ(url_with_token(lock.packages[0].url, *found).reveal(),
            "https://c.example/t/tok-1/p/noarch/a-1-0.conda");
  EXPECT_EQ(lock.find_credentials(lock.packages[1].url), nullptr);
}

TEST(ExplicitList, NeverShowsCredentialsInAnError) {
  EXPECT_EQ(error_of("https://me:s3cret@c.example/t/tok-1/p/noarch/a-1-0.zip#" + kMd5),
            "x.txt:2:46: expected a package file (`.conda`, `.tar.bz2`), found `a-1-0.zip`\n");
  EXPECT_EQ(error_of("https://me:s3cret@c.example/p/noarch/a b.conda"),
            "x.txt:2:1: expected one address of a package in the line\n"
            "    2 | https://***@c.example/p/noarch/a b.conda\n"
            "      | ^\n"
            "hint: an explicit list holds addresses only; a specification has no `@EXPLICIT` "
            "line\n");
}

TEST(ExplicitList, ErrorsPointToTheCulprit) {
  struct Case {
    std::string line, rendered;
  };
  const std::vector<Case> cases = {
      {"/c/a-1-0.conda",
       "x.txt:2:4: no hash is given for `a`, so what is fetched cannot be checked\n"
       "    2 | /c/a-1-0.conda\n"
       "      |    ^\n"
       "hint: list it with `conda list --explicit --sha256`, which adds the hash after a `#`\n"},
      {"/c/a-1.conda#" + kMd5,
       "x.txt:2:4: expected a file name like `NAME-VERSION-BUILD.conda`, found `a-1.conda`\n"
       "    2 | /c/a-1.conda#" +
           kMd5 +
           "\n"
           "      |    ^^^^^^^^^\n"},
      {"/c/a-1-0.conda#xyz",
       "x.txt:2:16: expected an md5 or a `sha256:` after `#`, found `xyz`\n"
       "    2 | /c/a-1-0.conda#xyz\n"
       "      |                ^^^\n"},
      {"/c/osx-64/a-1-0.conda#" + kMd5,
       "x.txt:2:4: the list is for `osx-64`, but `linux-64` was asked for\n"
       "    2 | /c/osx-64/a-1-0.conda#" +
           kMd5 +
           "\n"
           "      |    ^^^^^^\n"
           "hint: build it with `--platform osx-64`\n"},
      {"# platform: linux-aarch64",
       "x.txt:2:13: the list is for `linux-aarch64`, but `linux-64` was asked for\n"
       "    2 | # platform: linux-aarch64\n"
       "      |             ^^^^^^^^^^^^^\n"
       "hint: build it with `--platform linux-aarch64`\n"},
      {"/c/a-1-0.conda#" + kMd5 + "\n/d/a-2-0.conda#" + kMd5,
       "x.txt:3:4: the conda package `a` is named twice for `linux-64`: here and in line 2\n"
       "    3 | /d/a-2-0.conda#" +
           kMd5 +
           "\n"
           "      |    ^\n"
           "hint: remove one of the two, or make the lock anew\n"},
      {"# pip x === 1.0",
       "x.txt:2:7: expected `# pip NAME @ URL#sha256=HASH`\n"
       "    2 | # pip x === 1.0\n"
       "      |       ^^^^^^^^^\n"
       "hint: give the address of a wheel and its hash\n"},
  };
  for (const Case& c : cases) EXPECT_EQ(error_of(c.line), c.rendered);
}

}  // namespace
}  // namespace kasane::resolver
