#include "builder/package/conda_package.h"

#include <set>
#include <string>
#include <vector>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "tests/support/conda_package_builder.h"
#include "tests/support/installed_package.h"

namespace kasane::builder {
namespace {

using nlohmann::json;
using test::CondaPackageBuilder;
using test::install_package;
using test::InstalledPackage;
using test::some_target;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

const std::string kPlaceholder = "/opt/anaconda1anaconda2anaconda3";

/// The same package in either format, with either kind of lists.
struct Shape {
  const char* name;
  bool conda;
  CondaPackageBuilder::Lists lists;
};

class CondaPackageShapes : public ::testing::TestWithParam<Shape> {
 protected:
  static InstalledPackage install(CondaPackageBuilder builder,
                                  const InstallTarget& target = some_target(),
                                  const std::set<std::string>& excluded = {}) {
    builder.lists(GetParam().lists);
    return GetParam().conda ? install_package(builder.make_conda(), builder.file_stem() + ".conda",
                                              target, excluded)
                            : install_package(builder.make_tar_bz2(),
                                              builder.file_stem() + ".tar.bz2", target, excluded);
  }
};

INSTANTIATE_TEST_SUITE_P(
    All, CondaPackageShapes,
    ::testing::Values(Shape{"conda", true, CondaPackageBuilder::Lists::kPathsJson},
                      Shape{"conda_legacy", true, CondaPackageBuilder::Lists::kLegacy},
                      Shape{"tar_bz2", false, CondaPackageBuilder::Lists::kPathsJson},
                      Shape{"tar_bz2_legacy", false, CondaPackageBuilder::Lists::kLegacy}),
    [](const auto& info) { return std::string(info.param.name); });

CondaPackageBuilder some_package() { return CondaPackageBuilder("demo", "1.0", "h1_0"); }

std::vector<std::string> describe(const InstalledPackage& package) {
  static constexpr const char* kNames[] = {"file", "symlink", "hardlink", "directory"};
  std::vector<std::string> out;
  for (const auto& [entry, content] : package.sink.entries()) {
    if (entry.path.starts_with("conda-meta/")) continue;
    out.push_back(fmt::format("{} {} {:o}{}{}", kNames[static_cast<int>(entry.type)], entry.path,
                              entry.mode, entry.target.empty() ? "" : " -> " + entry.target,
                              entry.rewritten ? " rewritten" : ""));
  }
  return out;
}

TEST_P(CondaPackageShapes, InstallsFilesAndLinksInTheOrderOfTheArchive) {
  const auto package = install(
      some_package()
          .add({.path = "lib/libz.so.1", .content = "ELF", .mode = 0775, .mtime = 1'234'567'890})
          .add({.path = "lib/libz.so", .type = '2', .link_target = "libz.so.1"})
          .add({.path = "bin/z", .content = "#!/bin/sh\n", .mode = 0700})
          .add({.path = "bin/zz", .type = '1', .link_target = "bin/z"})
          .add({.path = "bin/zzz", .type = '1', .link_target = "bin/zz"})
          .add({.path = "share/secret", .content = "", .mode = 0600}));
  EXPECT_THAT(describe(package),
              ElementsAre("file lib/libz.so.1 755", "symlink lib/libz.so 777 -> libz.so.1",
                          "file bin/z 755", "hardlink bin/zz 755 -> bin/z",
                          "hardlink bin/zzz 755 -> bin/zz", "file share/secret 644"));
  EXPECT_EQ(package.at("lib/libz.so.1").content, "ELF");
  EXPECT_EQ(package.at("lib/libz.so.1").entry.archive_time, 1'234'567'890);
  EXPECT_EQ(package.sink.entries().back().entry.path, "conda-meta/demo-1.0-h1_0.json");
  EXPECT_THAT(package.warnings, IsEmpty());
}

TEST_P(CondaPackageShapes, PutsThePrefixIntoTextAndBinaryFiles) {
  const std::string binary = "\x7f" + kPlaceholder + "/lib" + std::string(1, '\0') + "tail";
  const auto package = install(
      some_package()
          .add({.path = "bin/run",
                .content = "#!" + kPlaceholder + "/bin/python\n" + kPlaceholder,
                .placeholder = kPlaceholder})
          .add({.path = "lib/a", .content = binary, .placeholder = kPlaceholder, .binary = true})
          .add({.path = "lib/b", .content = "no hit", .placeholder = kPlaceholder})
          .add({.path = "lib/c", .content = kPlaceholder}));
  EXPECT_EQ(package.at("bin/run").content,
            "#!/azureml-envs/kasane/bin/python\n/azureml-envs/kasane");
  EXPECT_EQ(package.at("lib/a").content, "\x7f/azureml-envs/kasane/lib" +
                                             std::string(kPlaceholder.size() - 20, '\0') +
                                             std::string(1, '\0') + "tail");
  EXPECT_EQ(package.at("lib/c").content, kPlaceholder);
  EXPECT_TRUE(package.at("bin/run").entry.rewritten);
  EXPECT_TRUE(package.at("lib/a").entry.rewritten);
  EXPECT_FALSE(package.at("lib/b").entry.rewritten);
  EXPECT_FALSE(package.at("lib/c").entry.rewritten);
}

TEST_P(CondaPackageShapes, LeavesOutWhatIsNotListed) {
  const auto package = install(some_package()
                                   .add("lib/listed", "x")
                                   .add({.path = "lib/other", .content = "y", .listed = false})
                                   .add({.path = "empty", .type = '5', .listed = false}));
  EXPECT_THAT(describe(package), ElementsAre("file lib/listed 644"));
}

TEST_P(CondaPackageShapes, LeavesOutWhatAnotherPackageBrings) {
  const std::string record = "conda-meta/demo-1.0-h1_0.json";
  const auto package =
      install(some_package()
                  .add("lib/mine", "x")
                  .add("lib/theirs", "y")
                  .add({.path = "lib/link", .type = '1', .link_target = "lib/theirs"})
                  .add({.path = "lib/soft", .type = '2', .link_target = "mine"}),
              some_target(), {"lib/theirs", "lib/soft"});
  EXPECT_THAT(describe(package), ElementsAre("file lib/mine 644", "file lib/link 644"));
  EXPECT_EQ(package.at("lib/link").content, "y");
  EXPECT_EQ(json::parse(package.at(record).content)["files"], json({"lib/link", "lib/mine"}));
}

TEST_P(CondaPackageShapes, GivesAHardLinkItsOwnContentWhereThePrefixMakesItDiffer) {
  const auto package = install(
      some_package()
          .add({.path = "a", .content = kPlaceholder, .placeholder = kPlaceholder})
          .add({.path = "plain", .type = '1', .link_target = "a"})
          .add({.path = "plain2", .type = '1', .link_target = "plain"})
          .add({.path = "same", .type = '1', .link_target = "plain", .placeholder = kPlaceholder}));
  EXPECT_THAT(describe(package),
              ElementsAre("file a 644 rewritten", "file plain 644", "hardlink plain2 644 -> plain",
                          "file same 644 rewritten"));
  EXPECT_EQ(package.at("plain").content, kPlaceholder);
  EXPECT_EQ(package.at("same").content, "/azureml-envs/kasane");
}

TEST_P(CondaPackageShapes, TakesAHardLinkToASymbolicLinkForOne) {
  const auto package = install(some_package()
                                   .add("a", "x")
                                   .add({.path = "b", .type = '2', .link_target = "a"})
                                   .add({.path = "c", .type = '1', .link_target = "b"}));
  EXPECT_THAT(describe(package),
              ElementsAre("file a 644", "symlink b 777 -> a", "symlink c 777 -> a"));
}

TEST_P(CondaPackageShapes, NamesLinkScriptsWithoutRunningThem) {
  const auto package = install(some_package()
                                   .add("bin/.demo-post-link.sh", "exit 1")
                                   .add("bin/.demo-pre-unlink.sh", "exit 1")
                                   .add("bin/.other-post-link.sh", "exit 1"));
  EXPECT_THAT(package.facts.link_scripts,
              ElementsAre("bin/.demo-post-link.sh", "bin/.demo-pre-unlink.sh"));
  EXPECT_TRUE(package.warnings.empty());
  EXPECT_EQ(package.at("bin/.demo-post-link.sh").content, "exit 1");
}

TEST_P(CondaPackageShapes, LaysNoarchPythonOut) {
  const auto package =
      install(some_package()
                  .noarch_python({"demo = demo.cli:Main.run"})
                  .add("site-packages/demo/cli.py", "x = 1\n")
                  .add({.path = "python-scripts/tool", .content = "#!x\n", .mode = 0755})
                  .add("etc/demo.conf", "y"));
  EXPECT_EQ(package.facts.kind, PackageFacts::Kind::kCondaNoarchPython);
  EXPECT_THAT(describe(package),
              ElementsAre("file lib/python3.12/site-packages/demo/cli.py 644", "file bin/tool 755",
                          "file etc/demo.conf 644", "file bin/demo 755"));
  EXPECT_EQ(package.at("bin/demo").content,
            "#!/azureml-envs/kasane/bin/python3.12\nimport sys\n\nfrom demo.cli import Main\n\n"
            "if __name__ == \"__main__\":\n    sys.exit(Main.run())\n");
}

TEST_P(CondaPackageShapes, PrefersAnEntryPointToAFileOfThatName) {
  const auto package = install(
      some_package().noarch_python({"demo = demo:main"}).add("python-scripts/demo", "old\n"));
  EXPECT_THAT(describe(package), ElementsAre("file bin/demo 755"));
  EXPECT_NE(package.at("bin/demo").content, "old\n");
  ASSERT_EQ(package.warnings.size(), 1U);
  EXPECT_EQ(package.warnings[0].code, "duplicate-script");
}

TEST_P(CondaPackageShapes, ForetellsEveryPath) {
  const auto package = install(some_package()
                                   .noarch_python({"demo = demo:main", "other = demo:other"})
                                   .add("site-packages/demo.py", "x")
                                   .add("python-scripts/demo", "old\n")
                                   .add({.path = "share/l", .type = '2', .link_target = "m"}));
  std::vector<std::string> foretold;
  for (const PackagePath& path : installed_paths(package.facts, package.origin, some_target())) {
    foretold.push_back(fmt::format("{} {}", path.path, path.size_bytes));
  }
  EXPECT_THAT(foretold, ElementsAre("bin/demo 0", "bin/other 0", "conda-meta/demo-1.0-h1_0.json 0",
                                    "lib/python3.12/site-packages/demo.py 1", "share/l 0"));
  for (const auto& [entry, content] : package.sink.entries()) {
    EXPECT_TRUE(std::any_of(foretold.begin(), foretold.end(), [&](const std::string& text) {
      return text.starts_with(entry.path + " ");
    })) << entry.path;
  }
  EXPECT_EQ(package.sink.entries().size(), foretold.size());
}

TEST(CondaPackage, MakesListedDirectoriesWhetherTheArchiveHasThemOrNot) {
  const auto builder =
      some_package()
          .add({.path = "var/empty/", .type = '5', .mode = 0700})
          .info_file("info/paths.json",
                     R"({"paths": [{"_path": "var/empty", "path_type": "directory"},
                                          {"_path": "var/log", "path_type": "directory"}],
                                          "paths_version": 1})");
  const auto package = install_package(builder.make_conda(), "demo.conda");
  EXPECT_THAT(describe(package), ElementsAre("directory var/empty 755", "directory var/log 755"));
  const auto record = json::parse(package.at("conda-meta/demo-1.0-h1_0.json").content);
  EXPECT_EQ(record["files"], json::array());
  EXPECT_EQ(record["paths_data"]["paths"][0],
            json({{"_path", "var/empty"}, {"path_type", "directory"}}));
  EXPECT_EQ(installed_paths(package.facts, package.origin, some_target())[1],
            (PackagePath{.path = "var/empty", .directory = true}));
}

TEST(CondaPackage, RecordsWhatCondaWantsToKnow) {
  const std::string content = kPlaceholder + "/x";
  const auto builder =
      some_package()
          .noarch_python({"demo = demo:main"})
          .index_field(R"("timestamp": 1700000000000, "license": "MIT", "constrains": ["a <2"])")
          .add({.path = "site-packages/demo.py", .content = content, .placeholder = kPlaceholder})
          .add({.path = "lib/link", .type = '2', .link_target = "x"});
  const auto package = install_package(builder.make_conda(), "demo-1.0-h1_0.conda");
  const auto& recorded = package.at("conda-meta/demo-1.0-h1_0.json");
  EXPECT_EQ(recorded.entry.mode, 0644U);
  const std::string script = package.at("bin/demo").content;
  const json expected = {
      {"build", "h1_0"},
      {"build_number", 0},
      {"channel", "https://conda.example/channel/linux-64"},
      {"constrains", {"a <2"}},
      {"depends", {"libzlib >=1.3"}},
      {"extracted_package_dir", ""},
      {"files", {"bin/demo", "lib/link", "lib/python3.12/site-packages/demo.py"}},
      {"fn", "demo-1.0-h1_0.conda"},
      {"license", "MIT"},
      {"link", {{"source", ""}, {"type", 1}}},
      {"name", "demo"},
      {"noarch", "python"},
      {"package_tarball_full_path", ""},
      {"package_type", "noarch_python"},
      {"paths_data",
       {{"paths_version", 1},
        {"paths",
         {{{"_path", "bin/demo"},
           {"path_type", "unix_python_entry_point"},
           {"sha256_in_prefix", Digest::of(script).hex()}},
          {{"_path", "lib/link"}, {"path_type", "softlink"}},
          {{"_path", "lib/python3.12/site-packages/demo.py"},
           {"path_type", "hardlink"},
           {"file_mode", "text"},
           {"prefix_placeholder", kPlaceholder},
           {"sha256", Digest::of(content).hex()},
           {"sha256_in_prefix", Digest::of("/azureml-envs/kasane/x").hex()},
           {"size_in_bytes", content.size()}}}}}},
      {"requested_spec", "None"},
      {"sha256", package.origin.sha256.hex()},
      {"size", 4711},
      {"subdir", "noarch"},
      {"timestamp", 1700000000000},
      {"url", "https://conda.example/channel/linux-64/demo-1.0-h1_0.conda"},
      {"version", "1.0"}};
  EXPECT_EQ(json::parse(recorded.content), expected);
}

TEST(CondaPackage, TellsWherePythonLives) {
  const auto layout_of = [](const std::string& version, std::string_view field) {
    CondaPackageBuilder builder("python", version, "h0");
    if (!field.empty()) builder.index_field(field);
    return install_package(builder.make_conda(), "python.conda").facts.python.value();
  };
  EXPECT_EQ(layout_of("3.11.9", ""), (PythonLayout{"3.11", "lib/python3.11/site-packages"}));
  EXPECT_EQ(layout_of("3.13.0rc1", R"("python_site_packages_path": null)"),
            (PythonLayout{"3.13", "lib/python3.13/site-packages"}));
  EXPECT_EQ(
      layout_of("3.14rc1", R"("python_site_packages_path": "lib/python3.14t/site-packages/")"),
      (PythonLayout{"3.14", "lib/python3.14t/site-packages"}));
  EXPECT_FALSE(install_package(some_package().make_conda(), "d.conda").facts.python.has_value());
}

TEST(CondaPackage, TellsKindsApart) {
  using Kind = PackageFacts::Kind;
  const struct {
    std::string index_field;
    std::string link_json;
    Kind kind;
  } cases[] = {
      {R"("subdir": "linux-64")", "", Kind::kConda},
      {R"("noarch": "generic")", "", Kind::kCondaNoarchGeneric},
      {R"("noarch": true)", "", Kind::kCondaNoarchGeneric},
      {R"("noarch": null)", "", Kind::kConda},
      {R"("noarch": "python")", "", Kind::kCondaNoarchPython},
      {R"("subdir": "noarch")", R"({"noarch": {"type": "python"}})", Kind::kCondaNoarchPython},
      {R"("subdir": "noarch")", R"({"noarch": {"type": "generic"}})", Kind::kCondaNoarchGeneric},
      {R"("subdir": "linux-64")", R"({"noarch": {"type": "python"}})", Kind::kConda},
  };
  for (const auto& [field, link, kind] : cases) {
    auto builder = some_package().index_field(field);
    if (!link.empty()) builder.info_file("info/link.json", link);
    EXPECT_EQ(install_package(builder.make_conda(), "d.conda").facts.kind, kind) << field;
    EXPECT_EQ(install_package(builder.make_tar_bz2(), "d.tar.bz2").facts.kind, kind) << field;
  }
}

TEST(CondaPackage, ReadsArchivesWithDotsInFrontAndInfoAtTheEnd) {
  test::TarBuilder tar;
  tar.add({.path = "./", .type = '5'});
  tar.add({.path = "./lib/x", .content = "abc"});
  tar.add({.path = "./info/", .type = '5'});
  tar.add({.path = "./info/files", .content = "lib/x\n"});
  tar.add({.path = "./info/index.json",
           .content = R"({"name": "n", "version": "1", "build": "0", "depends": null})"});
  const auto package = install_package(CondaPackageBuilder::bzip2(tar.finish()), "n-1-0.tar.bz2");
  EXPECT_THAT(describe(package), ElementsAre("file lib/x 644"));
}

TEST(CondaPackage, AcceptsAnArchiveWithoutMetadataJson) {
  const auto builder = some_package().add("a", "b");
  const std::string bytes = CondaPackageBuilder::wrap_conda("demo-1.0-h1_0", builder.info_tar(),
                                                            builder.payload_tar(), "");
  EXPECT_THAT(describe(install_package(bytes, "demo.conda")), ElementsAre("file a 644"));
}

TEST(CondaPackage, ReadsAFileThatThePackageListsAsALink) {
  const auto builder =
      some_package().add({.path = "lib/x", .content = "abc", .listed_type = "softlink"});
  EXPECT_EQ(install_package(builder.make_conda(), "d.conda").at("lib/x").content, "abc");
}

TEST(CondaPackage, StreamsFilesLargerThanItsBuffers) {
  std::string large;
  for (int i = 0; large.size() < 3'000'000; ++i)
    large += fmt::format("{} {}", i, kPlaceholder) + '\0';
  const auto builder =
      some_package()
          .add("plain", large)
          .add({.path = "binary", .content = large, .placeholder = kPlaceholder, .binary = true});
  const auto package = install_package(builder.make_conda(), "d.conda");
  EXPECT_EQ(package.at("plain").content, large);
  EXPECT_EQ(package.at("binary").content.size(), large.size());
  EXPECT_EQ(package.at("binary").content.find(kPlaceholder), std::string::npos);
}

}  // namespace
}  // namespace kasane::builder
