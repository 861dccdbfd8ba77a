#include <string>
#include <vector>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/conda_package_builder.h"
#include "tests/support/installed_package.h"

namespace kasane::builder {
namespace {

using test::CondaMember;
using test::CondaPackageBuilder;
using test::installation_error;
using test::TarBuilder;

constexpr auto kIntegrity = ErrorKind::kIntegrity;
constexpr auto kRefused = ErrorKind::kRefused;

CondaPackageBuilder some_package() { return CondaPackageBuilder("demo", "1.0", "h1_0"); }

/// Every error names the package; both formats end with the same one.
void expect_error(const CondaPackageBuilder& builder, ErrorKind kind, const std::string& message,
                  const InstallTarget& target = test::some_target()) {
  for (const bool conda : {true, false}) {
    const std::string name = conda ? "demo-1.0-h1_0.conda" : "demo-1.0-h1_0.tar.bz2";
    const Error error =
        installation_error(conda ? builder.make_conda() : builder.make_tar_bz2(), name, target);
    EXPECT_EQ(error.message(), message) << error.render();
    EXPECT_EQ(error.kind(), kind) << error.render();
    ASSERT_FALSE(error.contexts().empty());
    EXPECT_EQ(error.contexts().back(), fmt::format("in package `{}`", name));
  }
}

TEST(HostileCondaPackage, IsRefusedForItsEntries) {
  const struct {
    CondaMember member;
    ErrorKind kind;
    std::string message;
  } cases[] = {
      {{.path = "/etc/passwd", .listed = false}, kRefused, "entry name `/etc/passwd` is absolute"},
      {{.path = "../x", .listed = false}, kRefused, "entry name `../x` has a part `..`"},
      {{.path = "lib/../../x", .listed = false},
       kRefused,
       "entry name `lib/../../x` has a part `..`"},
      {{.path = "a\nb", .listed = false},
       kRefused,
       "a name in the tar archive holds a NUL or a newline: `a\\x0ab`"},
      {{.path = "dev/null", .type = '3', .listed = false},
       kRefused,
       "`dev/null` is a character device, which no package may bring"},
      {{.path = "dev/sda", .type = '4'},
       kRefused,
       "`dev/sda` is a block device, which no package may bring"},
      {{.path = "pipe", .type = '6'}, kRefused, "`pipe` is a fifo, which no package may bring"},
      {{.path = "sparse", .type = 'S'},
       kRefused,
       "`sparse` in the tar archive is a sparse file, which is not supported"},
      {{.path = "l", .type = '2', .link_target = "/etc"},
       kRefused,
       "the symbolic link `l` leads out of the prefix, to `/etc`"},
      {{.path = "lib/l", .type = '2', .link_target = "../../etc"},
       kRefused,
       "the symbolic link `lib/l` leads out of the prefix, to `../../etc`"},
      {{.path = "l", .type = '2'}, kIntegrity, "the symbolic link `l` has no target"},
      {{.path = "h", .type = '1', .link_target = "../../etc/shadow"},
       kRefused,
       "entry name `../../etc/shadow` has a part `..`"},
      {{.path = "h", .type = '1', .link_target = "later"},
       kIntegrity,
       "the hard link `h` refers to `later`, which is no file that came before it"},
      {{.path = "h", .type = '1', .link_target = "h"},
       kIntegrity,
       "the hard link `h` refers to `h`, which is no file that came before it"},
      {{.path = "conda-meta/history", .content = "x"},
       kRefused,
       "the package installs `conda-meta/history`, but `conda-meta/` is not for packages to fill"},
      {{.path = "d", .type = '5', .listed_type = "hardlink"},
       kIntegrity,
       "`d` is a directory in the archive, but listed as a file"},
      {{.path = "d", .content = "x", .listed_type = "directory"},
       kIntegrity,
       "`d` is a file in the archive, but listed as a directory"},
  };
  for (const auto& [member, kind, message] : cases) {
    expect_error(some_package().add("ok", "x").add(member), kind, message);
  }
}

TEST(HostileCondaPackage, IsRefusedForContentThatIsNotAsListed) {
  expect_error(some_package().add({.path = "a", .content = "abc", .listed_size = 4}), kIntegrity,
               "`a` is damaged: it has 3 bytes, the package lists 4");
  const std::string wrong(64, '0');
  const std::string right = Digest::of("abc").hex();
  const std::string damaged =
      fmt::format("`a` is damaged: its SHA-256 is `{}`, the package lists `{}`", right, wrong);
  for (const bool binary : {false, true}) {
    expect_error(some_package().add({.path = "a",
                                     .content = "abc",
                                     .placeholder = "/opt/placeholder/that/is/long",
                                     .binary = binary,
                                     .listed_sha256 = wrong}),
                 kIntegrity, damaged);
  }
  expect_error(some_package()
                   .add("a", "abc")
                   .add({.path = "b", .type = '1', .link_target = "a", .listed_sha256 = wrong}),
               kIntegrity,
               "the hard link `b` refers to `a`, whose content is not what the package lists");
  expect_error(some_package().add("a", "abc").list_only("b"), kIntegrity,
               "the package lists `b`, but its archive does not hold it");
  expect_error(some_package().add("a", "abc").add({.path = "a", .content = "x", .listed = false}),
               kIntegrity, "the archive holds `a` twice");
  const CondaMember unlisted{.path = "b", .content = "x", .listed = false};
  const CondaMember unlisted_link{.path = "b", .type = '2', .link_target = "a", .listed = false};
  expect_error(some_package().add(unlisted).add(unlisted_link), kIntegrity,
               "the archive holds `b` twice");
}

TEST(HostileCondaPackage, CannotWriteThroughItsOwnSymbolicLinks) {
  expect_error(some_package()
                   .add({.path = "lib", .type = '2', .link_target = "elsewhere"})
                   .add("lib/x", "y"),
               kRefused, "the package installs `lib/x` below `lib`, which is not a directory");
  expect_error(some_package()
                   .add("lib/x", "y")
                   .add({.path = "lib", .type = '2', .link_target = "elsewhere"}),
               kRefused, "the package installs `lib/x` below `lib`, which is not a directory");
  expect_error(some_package()
                   .noarch_python()
                   .add({.path = "lib/python3.12", .type = '2', .link_target = "x"})
                   .add("site-packages/x.py", "y"),
               kRefused,
               "the package installs `lib/python3.12/site-packages/x.py` below `lib/python3.12`, "
               "which is not a directory");
  expect_error(some_package()
                   .noarch_python()
                   .add("lib/python3.12/site-packages/x.py", "1")
                   .add("site-packages/x.py", "2"),
               kIntegrity, "the package brings `lib/python3.12/site-packages/x.py` twice");
}

TEST(HostileCondaPackage, IsRefusedForWhatItSaysOfItself) {
  const struct {
    std::string path;
    std::string content;
    ErrorKind kind;
    std::string message;
  } cases[] = {
      {"info/index.json", "[]", kIntegrity, "`info/index.json` is not a JSON object"},
      {"info/index.json", "{}", kIntegrity, "`info/index.json` has no text `name`"},
      {"info/index.json", R"({"name": 1})", kIntegrity, "`info/index.json` has no text `name`"},
      {"info/index.json", R"({"name": "../x"})", kRefused,
       "`info/index.json` has an unusable `name`: `../x`"},
      {"info/index.json", R"({"name": "a", "version": "1", "build": "a\nb"})", kRefused,
       "`info/index.json` has an unusable `build`: `a\\x0ab`"},
      {"info/index.json", R"({"name": "a", "version": "1", "build": "0", "depends": [1]})",
       kIntegrity, "`depends` of `info/index.json` is not a list of texts"},
      {"info/index.json", R"({"name": "python", "version": "3", "build": "0"})", kIntegrity,
       "the version of `python` is not of the form `3.11`: `3`"},
      {"info/index.json",
       R"({"name": "python", "version": "3.9.1", "build": "0",
           "python_site_packages_path": "../../lib"})",
       kRefused, "entry name `../../lib` has a part `..`"},
  };
  for (const auto& [path, content, kind, message] : cases) {
    expect_error(some_package().info_file(path, content), kind, message);
  }
  expect_error(some_package().noarch_python({"evil = os:system('x')"}), kIntegrity,
               "entry point `evil = os:system('x')`, expected `name = module:function`");
  expect_error(some_package().noarch_python({"../evil = os:system"}), kIntegrity,
               "entry point `../evil = os:system`, expected `name = module:function`");
  expect_error(some_package().noarch_python({"a = b:c", "a = b:d"}), kIntegrity,
               "the package has two entry points of the name `a`");
}

TEST(HostileCondaPackage, NeedsAPythonForNoarchPython) {
  const InstallTarget bare{.prefix = "/p", .python = {}};
  expect_error(some_package().noarch_python().add("site-packages/x.py", "y"), kRefused,
               "the package is of kind `noarch: python`, and the environment has no Python", bare);
}

TEST(HostileCondaPackage, CannotTakeAPrefixLongerThanItsPlaceholder) {
  const InstallTarget target{.prefix = "/a/prefix/of/some/length", .python = {}};
  const auto builder = [](bool binary) {
    return some_package().add(
        {.path = "lib/x", .content = "/short", .placeholder = "/short", .binary = binary});
  };
  expect_error(builder(true), kRefused,
               "the prefix `/a/prefix/of/some/length` has 24 bytes, the binary file `lib/x` has "
               "room for 6",
               target);
  EXPECT_EQ(installation_error(builder(true).make_conda(), "d.conda", target).hint_text(),
            "use a `--prefix` of at most 6 bytes");
  EXPECT_EQ(
      test::install_package(builder(false).make_conda(), "d.conda", target).at("lib/x").content,
      "/a/prefix/of/some/length");
}

TEST(HostileCondaPackage, CannotGrowWithoutMeasure) {
  const std::string zeros(70'000'000, '\0');
  const Error error = installation_error(
      some_package().add({.path = "bomb", .content = zeros}).make_conda(), "bomb.conda");
  EXPECT_EQ(error.kind(), kRefused);
  EXPECT_THAT(error.message(), ::testing::MatchesRegex(
                                   "the archive unpacks to more than [0-9]+ bytes, 200 times .*"));
  EXPECT_EQ(error.contexts().front(), "in or after entry `bomb`");
}

TEST(HostileCondaPackage, IsRefusedForItsOuterForm) {
  const auto builder = some_package().add("a", "b");
  const std::string info = builder.info_tar();
  const std::string payload = builder.payload_tar();
  const auto with_metadata = [&](std::string_view metadata) {
    return CondaPackageBuilder::wrap_conda("demo", info, payload, metadata);
  };
  const struct {
    std::string bytes;
    ErrorKind kind;
    std::string message;
  } cases[] = {
      {with_metadata("{}"), kIntegrity, "`metadata.json` does not tell the format's version"},
      {with_metadata("nonsense"), kIntegrity, "`metadata.json` does not tell the format's version"},
      {with_metadata(R"({"conda_pkg_format_version": 3})"), kRefused,
       "the archive is of format version 3; only version 2 is known"},
  };
  for (const auto& [bytes, kind, message] : cases) {
    const Error error = installation_error(bytes, "d.conda");
    EXPECT_EQ(error.kind(), kind);
    EXPECT_EQ(error.message(), message);
  }
  EXPECT_EQ(installation_error("BZh9 no", "d.conda").kind(), kIntegrity);
  EXPECT_EQ(installation_error(builder.make_conda(), "d.tar.bz2").message(),
            "damaged bzip2 data near byte 0: no bzip2 header where one was expected");
  EXPECT_EQ(installation_error("", "d.tar.bz2").message(),
            "truncated bzip2 data: it ends after 0 bytes");
}

std::string large_text() {
  std::string out;
  for (int i = 0; i < 300; ++i) out += fmt::format("{:x} ", i * 2654435761U);
  return out;
}

TEST(HostileCondaPackage, IsRefusedWhereverItIsCutOff) {
  const auto builder = some_package().add("lib/a", large_text()).add("lib/b", "x");
  for (const bool conda : {true, false}) {
    const std::string bytes = conda ? builder.make_conda() : builder.make_tar_bz2();
    const std::string name = conda ? "d.conda" : "d.tar.bz2";
    for (std::size_t size = 0; size < bytes.size(); size += 7) {
      const Error error = installation_error(bytes.substr(0, size), name);
      EXPECT_EQ(error.kind(), kIntegrity) << size << " " << error.render();
    }
  }
}

TEST(HostileCondaPackage, NeverInstallsOtherContentForAFlippedBit) {
  const std::string text = large_text();
  const auto builder = some_package().add("lib/a", text);
  for (const bool conda : {true, false}) {
    const std::string bytes = conda ? builder.make_conda() : builder.make_tar_bz2();
    const std::string name = conda ? "d.conda" : "d.tar.bz2";
    for (std::size_t i = 0; i < bytes.size(); i += 3) {
      std::string flipped = bytes;
      flipped[i] = static_cast<char>(flipped[i] ^ (1 << (i % 8)));
      try {
        EXPECT_EQ(test::install_package(flipped, name).at("lib/a").content, text) << i;
      } catch (const Error& error) {
        EXPECT_TRUE(error.kind() == kIntegrity || error.kind() == kRefused) << error.render();
      }
    }
  }
}

}  // namespace
}  // namespace kasane::builder
