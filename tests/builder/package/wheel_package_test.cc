#include "builder/package/wheel_package.h"

#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "builder/package/wheel_record.h"
#include "tests/support/memory_file.h"
#include "tests/support/recording_entry_sink.h"
#include "tests/support/wheel_builder.h"

namespace kasane::builder {
namespace {

using kasane::testing::make_wheel;
using kasane::testing::MemoryFile;
using kasane::testing::WheelBlueprint;
using kasane::testing::ZipMember;
using test::RecordingEntrySink;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

const std::string kSite = "lib/python3.11/site-packages/";
const std::string kInfo = kSite + "demo-1.0.dist-info/";

InstallTarget target(std::string prefix = "/opt/env") {
  return {std::move(prefix), PythonLayout{"3.11", "lib/python3.11/site-packages"}};
}

PackageOrigin origin() {
  return {.name = "demo",
          .version = "1.0",
          .build = "",
          .url = "https://example.org/demo.whl",
          .sha256 = Digest::of("demo"),
          .size_bytes = 1,
          .md5 = {}};
}

struct Installed {
  PackageFacts facts;
  Warnings warnings;
  RecordingEntrySink sink;
  std::string record;
};

Installed install(const WheelBlueprint& blueprint, const InstallTarget& where = target(),
                  const PackageOrigin& from = origin(),
                  const std::set<std::string>& excluded = {}) {
  const MemoryFile file(make_wheel(blueprint));
  const auto wheel = open_package(file, blueprint.file_name());
  Installed installed;
  installed.facts = wheel->read_facts();
  installed.warnings = wheel->install(installed.facts, from, where, excluded, installed.sink);
  std::set<std::string> found;
  for (const auto& recorded : installed.sink.entries()) found.insert(recorded.entry.path);
  std::set<std::string> told;
  for (const PackagePath& path : installed_paths(installed.facts, from, where)) {
    if (!excluded.contains(path.path)) told.insert(path.path);
  }
  EXPECT_EQ(found, told);
  if (installed.sink.has(kInfo + "RECORD"))
    installed.record = installed.sink.at(kInfo + "RECORD").content;
  return installed;
}

/// What reading and installing ends in.
std::string failure(const WheelBlueprint& blueprint, ErrorKind kind,
                    const InstallTarget& where = target()) {
  try {
    install(blueprint, where);
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), kind) << error.message();
    EXPECT_THAT(error.contexts().back(), HasSubstr(blueprint.file_name()));
    return error.message();
  }
  return "none";
}

TEST(WheelPackage, TellsItsFacts) {
  const MemoryFile file(make_wheel(
      {.name = "My.Demo",
       .members = {{.name = "demo/__init__.py", .content = "x = 1\n"}},
       .extra_metadata = "Requires-Dist: numpy (>=1.2)\nRequires-Dist: rich ; extra == 'a'\n"}));
  const PackageFacts facts = open_wheel(file, "my_demo-1.0-1-py3-none-any.whl")->read_facts();
  EXPECT_EQ(facts.kind, PackageFacts::Kind::kWheel);
  EXPECT_EQ(facts.name, "My.Demo");
  EXPECT_EQ(facts.version, "1.0");
  EXPECT_EQ(facts.build, "1");
  EXPECT_THAT(facts.depends, ElementsAre("numpy (>=1.2)", "rich ; extra == 'a'"));
  EXPECT_EQ(facts.paths[0], (PackagePath{"demo/__init__.py", 6, false}));
  EXPECT_EQ(PackageFacts::parse(facts.render()), facts);
}

TEST(WheelPackage, PutsModulesIntoSitePackagesInTheOrderOfTheArchive) {
  const Installed installed =
      install({.members = {{.name = "demo/b.py", .content = "b = 1\n", .method = 8},
                           {.name = "demo/"},
                           {.name = "demo/a.so", .content = "ELF", .mode = 0100775}}});
  std::vector<std::string> order;
  for (const auto& recorded : installed.sink.entries()) order.push_back(recorded.entry.path);
  EXPECT_THAT(order, ElementsAre(kSite + "demo/b.py", kSite + "demo/a.so", kInfo + "METADATA",
                                 kInfo + "WHEEL", kInfo + "INSTALLER", kInfo + "RECORD"));
  const auto& module = installed.sink.at(kSite + "demo/b.py");
  EXPECT_EQ(module.content, "b = 1\n");
  EXPECT_EQ(module.entry.mode, 0644u);
  EXPECT_EQ(module.entry.archive_time, 1577836800);
  EXPECT_FALSE(module.entry.rewritten);
  EXPECT_EQ(installed.sink.at(kSite + "demo/a.so").entry.mode, 0755u);
  EXPECT_EQ(installed.sink.at(kInfo + "INSTALLER").content, "kasane\n");
  EXPECT_TRUE(installed.warnings.empty());
}

TEST(WheelPackage, SpreadsItsDataDirectories) {
  const std::string data = "demo-1.0.data/";
  const Installed installed = install({.members = {{.name = data + "purelib/p.py"},
                                                   {.name = data + "platlib/q/r.py"},
                                                   {.name = data + "scripts/run", .content = "x"},
                                                   {.name = data + "headers/sub/demo.h"},
                                                   {.name = data + "data/share/man/demo.1"}}});
  for (const std::string& path :
       {kSite + "p.py", kSite + "q/r.py", std::string("bin/run"),
        std::string("include/python3.11/demo/sub/demo.h"), std::string("share/man/demo.1")}) {
    EXPECT_TRUE(installed.sink.has(path)) << path;
  }
  EXPECT_EQ(installed.sink.at("bin/run").entry.mode, 0755u);
  EXPECT_THAT(installed.record, HasSubstr("\n../../../share/man/demo.1,sha256=47DEQpj8HBSa-_"));
  EXPECT_THAT(installed.record, HasSubstr("\np.py,sha256="));
}

TEST(WheelPackage, PutsTheInterpreterIntoScripts) {
  const std::string scripts = "demo-1.0.data/scripts/";
  const std::string body = "\nimport demo\n" + std::string(300'000, '#');
  const Installed installed =
      install({.members = {{.name = scripts + "a", .content = "#!python" + body},
                           {.name = scripts + "b", .content = "#!pythonw -E\r\nx"},
                           {.name = scripts + "c", .content = "#!/bin/sh\n"},
                           {.name = scripts + "d", .content = "#!python"}}});
  EXPECT_EQ(installed.sink.at("bin/a").content, "#!/opt/env/bin/python3.11" + body);
  EXPECT_TRUE(installed.sink.at("bin/a").entry.rewritten);
  EXPECT_EQ(installed.sink.at("bin/b").content, "#!/opt/env/bin/python3.11\nx");
  EXPECT_EQ(installed.sink.at("bin/c").content, "#!/bin/sh\n");
  EXPECT_FALSE(installed.sink.at("bin/c").entry.rewritten);
  EXPECT_EQ(installed.sink.at("bin/d").content, "#!/opt/env/bin/python3.11\n");
}

TEST(WheelPackage, MakesCommandsOfEntryPoints) {
  const Installed installed = install(
      {.members = {{.name = "demo-1.0.dist-info/entry_points.txt",
                    .content =
                        "[console_scripts]\ndemo = demo.cli:main [fancy]\n"
                        "[other]\nx = not:a:command\n[gui_scripts]\nDemo = demo:App.run\n"}}});
  EXPECT_THAT(installed.facts.entry_points,
              ElementsAre("demo = demo.cli:main [fancy]", "Demo = demo:App.run"));
  const auto& command = installed.sink.at("bin/demo");
  EXPECT_EQ(command.entry.mode, 0755u);
  EXPECT_EQ(command.content,
            "#!/opt/env/bin/python3.11\nimport sys\n\nfrom demo.cli import main\n\n"
            "if __name__ == \"__main__\":\n    sys.exit(main())\n");
  EXPECT_THAT(installed.sink.at("bin/Demo").content, HasSubstr("from demo import App\n"));
  EXPECT_THAT(installed.sink.at("bin/Demo").content, HasSubstr("sys.exit(App.run())"));
}

TEST(WheelPackage, NamesPipAfterThePythonAtHandAndDropsOldLaunchers) {
  const Installed installed =
      install({.members = {{.name = "demo-1.0.dist-info/entry_points.txt",
                            .content = "[console_scripts]\npip = demo:main\npip3 = demo:main\n"
                                       "pip3.9 = demo:main\npipx = demo:main\n"},
                           {.name = "demo-1.0.data/scripts/pip.exe"},
                           {.name = "demo-1.0.data/scripts/pipx-script.py"},
                           {.name = "demo-1.0.data/scripts/other-script.py"}}});
  std::vector<std::string> commands;
  for (const auto& recorded : installed.sink.entries()) {
    if (recorded.entry.path.starts_with("bin/")) commands.push_back(recorded.entry.path);
  }
  EXPECT_THAT(commands,
              ElementsAre("bin/other-script.py", "bin/pip", "bin/pip3", "bin/pip3.11", "bin/pipx"));
}

TEST(WheelPackage, WritesARecordOfWhatIsInstalled) {
  const Installed installed =
      install({.members = {{.name = "demo.py", .content = "x = 1\n"},
                           {.name = "a, \"b\".txt", .content = "q"},
                           {.name = "demo-1.0.data/scripts/run", .content = "#!python\n"},
                           {.name = "demo-1.0.dist-info/INSTALLER", .content = "another\n"},
                           {.name = "demo-1.0.dist-info/direct_url.json", .content = "{}"},
                           {.name = "demo-1.0.dist-info/RECORD.jws", .content = "signature"}}});
  const std::vector<RecordRow> rows = parse_record(installed.record);
  std::set<std::string> listed;
  for (const RecordRow& row : rows) {
    const std::string path =
        row.path.starts_with("../../../") ? row.path.substr(9) : kSite + row.path;
    listed.insert(path);
    if (path == kInfo + "RECORD") {
      EXPECT_EQ(row.hash, "");
      continue;
    }
    const auto& recorded = installed.sink.at(path);
    EXPECT_EQ(row.size_bytes, recorded.content.size()) << path;
    EXPECT_EQ(row.hash, record_hash(recorded.content)) << path;
  }
  EXPECT_EQ(listed.size(), installed.sink.entries().size());
  EXPECT_FALSE(installed.sink.has(kInfo + "direct_url.json"));
  EXPECT_EQ(installed.sink.at(kInfo + "INSTALLER").content, "kasane\n");
}

TEST(WheelPackage, TellsWhereItCameFromOnlyWhenAskedForByUrl) {
  PackageOrigin from = origin();
  from.requested = true;
  from.direct = true;
  const Installed installed = install({}, target(), from);
  EXPECT_EQ(installed.sink.at(kInfo + "REQUESTED").content, "");
  const std::string hex = Digest::of("demo").hex();
  EXPECT_EQ(installed.sink.at(kInfo + "direct_url.json").content,
            "{\"archive_info\":{\"hash\":\"sha256=" + hex + "\",\"hashes\":{\"sha256\":\"" + hex +
                "\"}},\"url\":\"https://example.org/demo.whl\"}");
}

TEST(WheelPackage, LeavesOutWhatIsExcludedAndStillRecordsIt) {
  const std::set<std::string> excluded = {kSite + "demo.py", kInfo + "INSTALLER"};
  const Installed installed =
      install({.members = {{.name = "demo.py", .content = "x"}}}, target(), origin(), excluded);
  EXPECT_FALSE(installed.sink.has(kSite + "demo.py"));
  EXPECT_THAT(installed.record, HasSubstr("demo.py,sha256="));
  EXPECT_THAT(installed.record, HasSubstr("INSTALLER,sha256="));
}

TEST(WheelPackage, HoldsEveryFileAgainstItsRecord) {
  const std::string record = "demo-1.0.dist-info/RECORD";
  const ZipMember file{.name = "a.py", .content = "x"};
  const auto with = [&](const std::string& rows) {
    return WheelBlueprint{
        .members = {
            file,
            {.name = "demo-1.0.dist-info/METADATA", .content = "Name: demo\nVersion: 1.0\n"},
            {.name = "demo-1.0.dist-info/WHEEL", .content = "Wheel-Version: 1.0\n"},
            {.name = record, .content = rows}}};
  };
  const std::string hash = record_hash("x");
  const std::string rest = "demo-1.0.dist-info/METADATA," +
                           record_hash("Name: demo\nVersion: 1.0\n") +
                           ",\ndemo-1.0.dist-info/WHEEL," + record_hash("Wheel-Version: 1.0\n") +
                           ",\n" + record + ",,\n";
  const std::pair<std::string, std::string> cases[] = {
      {"a.py," + hash + ",1\n", "none"},
      {"\xEF\xBB\xBF"
       "a.py," +
           hash + ",\r\n",
       "none"},
      {"a.py," + hash + ",1\nfolder/,,\n", "none"},
      {"a.py," + hash + ",1\na.py," + hash + ",1\n", "none"},
      {"", "entry `a.py` is not in RECORD"},
      {"a.py,,\n", "RECORD has no hash of `a.py`"},
      {"a.py," + hash + ",2\n", "size mismatch for entry `a.py`: RECORD has 2, the archive 1"},
      {"a.py," + record_hash("y") + ",1\n", "hash mismatch for entry `a.py`: RECORD has `" +
                                                record_hash("y") + "`, found `" + hash + "`"},
      {"a.py,md5=nd1fkTPBoEu+OiPSyfJG7w,1\n", "hash algorithm `md5`, expected `sha256` or better"},
      {"a.py," + hash + ",1\nb.py," + hash + ",1\n",
       "RECORD names `b.py`, which is not in the wheel"},
      {"a.py," + hash + ",1\na.py," + hash + ",\n", "RECORD has two rows for `a.py` that differ"},
      {"a.py," + hash + "\n", "line 1 of RECORD has 2 fields, expected path, hash and size"},
      {"a.py," + hash + ",many\n", "line 1 of RECORD has the size `many`, expected a number"},
      {"\"a.py," + hash + ",1\n", "line 1 of RECORD has a quote that does not end"},
  };
  for (const auto& [rows, message] : cases) {
    EXPECT_EQ(failure(with(rows + rest), ErrorKind::kIntegrity), message) << rows;
  }
  EXPECT_EQ(failure(with("../b.py," + hash + ",1\n" + rest), ErrorKind::kRefused),
            "entry name `../b.py` has a part `..`");
}

TEST(WheelPackage, KnowsStrongerHashes) {
  // As Python's hashlib has them.
  const std::string hashes_of_x[] = {
      "sha256=LXEWQrcmsEQBYnyp-6wy9chTD7GQPMTbAiWHF5IaSIE",
      "sha384=11LCxR-6DimqGQVwqdQlPkQHegWNMpf6OlYw1b0BJiL5fCisrtMTtcg7uZDKp9qF",
      "sha512=pKvURIxJVi2CgRXROh_M6pJ_UrTVRZKX-LQ-QtqJI4vBNibkPcs43bCCSIkn7JBPtCBXRDmD6IWFF51QVRr-"
      "Yg",
      "sha3_256=dB76MR-XaGlWlGdY4NlfcPEf8tpPL-t8VDFPRBNKxJ8",
      "blake2b=CQk3etNREMr7KQnhhWcrfyco0fUJT4rWjW-sYnS_H0mUhagOo2TATtAG0pRZ6jy3xgAoDi-"
      "D4DJSmQb4iuMNCg",
      "blake2s=7DCMB8g1gsZj6SIGbESSO_cbwQT_uCR5-wbcIlA8mww",
  };
  for (const std::string& expected : hashes_of_x) {
    RecordHasher hasher(expected.substr(0, expected.find('=')));
    hasher.update("x");
    EXPECT_EQ(hasher.finish(), expected);
  }
}

TEST(WheelPackage, RefusesWhatNoWheelMayHold) {
  const std::string data = "demo-1.0.data/";
  const std::pair<WheelBlueprint, std::string> cases[] = {
      {{.members = {{.name = "link", .content = "/etc/passwd", .mode = 0120777}}},
       "entry `link` is a symbolic link, which no wheel may hold"},
      {{.members = {{.name = "pipe", .mode = 0010644}}},
       "entry `pipe` is no regular file, which no wheel may hold"},
      {{.members = {{.name = "../evil.py"}}}, "entry name `../evil.py` has a part `..`"},
      {{.members = {{.name = "/evil.py"}}}, "entry name `/evil.py` is absolute"},
      {{.members = {{.name = "a\\b.py"}}}, "entry name `a\\b.py` holds a backslash"},
      {{.members = {{.name = "./a.py"}}}, "entry name `./a.py` has a part `.`"},
      {{.members = {{.name = data + "stdlib/x"}}},
       "entry `demo-1.0.data/stdlib/x` has the unknown scheme `stdlib`, expected purelib, platlib, "
       "scripts, headers or data"},
      {{.members = {{.name = data + "x"}}}, "entry `demo-1.0.data/x` belongs to no scheme"},
      {{.members = {{.name = "a.py"}, {.name = data + "purelib/a.py"}}},
       "two entries are installed at `lib/python3.11/site-packages/a.py`"},
      {{.members = {{.name = "a"}, {.name = data + "purelib/a/b"}}},
       "`lib/python3.11/site-packages/a` is installed both as a file and as a directory"},
      {{.members = {{.name = "a"}, {.name = "a/"}}}, "`a` is both a file and a directory"},
      {{.wheel_version = "2.0"}, "wheel of format `2.0`, expected `1.0`"},
  };
  for (const auto& [blueprint, message] : cases) {
    EXPECT_EQ(failure(blueprint, ErrorKind::kRefused), message);
  }
}

TEST(WheelPackage, TellsBrokenMetadata) {
  const std::string info = "demo-1.0.dist-info/";
  const std::pair<WheelBlueprint, std::string> cases[] = {
      {{.members = {{.name = "other-2.dist-info/METADATA"}}},
       "two `.dist-info` directories: `demo-1.0.dist-info` and `other-2.dist-info`"},
      {{.members = {{.name = info + "METADATA", .content = "Name: demo\n"}}},
       "`demo-1.0.dist-info/METADATA` has no header `Version`"},
      {{.members = {{.name = info + "METADATA", .content = "Name: demo\nname: x\nVersion: 1\n"}}},
       "`demo-1.0.dist-info/METADATA` has two headers `Name`"},
      {{.members = {{.name = info + "METADATA", .content = "Name: other\nVersion: 1\n"}}},
       "METADATA is of `other`, expected `demo`"},
      {{.members = {{.name = info + "METADATA", .content = "nonsense\n"}}},
       "`demo-1.0.dist-info/METADATA` has the line `nonsense`, expected `Name: value`"},
      {{.members = {{.name = info + "WHEEL", .content = "Generator: x\n"}}},
       "`demo-1.0.dist-info/WHEEL` has no header `Wheel-Version`"},
      {{.members = {{.name = info + "entry_points.txt", .content = "[console_scripts]\nx = y\n"}}},
       "entry point `x = y`, expected `name = module:function`"},
      {{.members = {{.name = info + "entry_points.txt",
                     .content = "[console_scripts]\n../x = y:z\n"}}},
       "entry point `../x = y:z`, expected `name = module:function`"},
      {{.members = {{.name = info + "entry_points.txt",
                     .content = "[console_scripts]\nx = y:z()\n"}}},
       "entry point `x = y:z()`, expected `name = module:function`"},
  };
  for (const auto& [blueprint, message] : cases) {
    EXPECT_EQ(failure(blueprint, ErrorKind::kIntegrity), message);
  }
}

TEST(WheelPackage, NeedsPython) {
  const MemoryFile file(make_wheel({}));
  const auto wheel = open_wheel(file, "demo-1.0-py3-none-any.whl");
  RecordingEntrySink sink;
  try {
    wheel->install(wheel->read_facts(), origin(), {"/opt/env", std::nullopt}, {}, sink);
    ADD_FAILURE();
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::kUnsatisfiable);
    EXPECT_EQ(error.message(),
              "wheel of `demo` needs Python, and there is none in the environment");
    EXPECT_EQ(error.hint_text(), "add `python` to the environment");
  }
}

TEST(WheelPackage, WarnsOfAnotherPythonAndAnOldFormat) {
  const MemoryFile file(make_wheel({.wheel_version = "1.1"}));
  const auto wheel = open_wheel(file, "demo-1.0-cp38-cp38-linux_x86_64.whl");
  RecordingEntrySink sink;
  EXPECT_THAT(
      wheel->install(wheel->read_facts(), origin(), target(), {}, sink),
      ElementsAre(
          Warning{"wheel-version",
                  "`demo-1.0-cp38-cp38-linux_x86_64.whl` is a wheel of format 1.1, not 1.0"},
          Warning{"wheel-tag",
                  "`demo-1.0-cp38-cp38-linux_x86_64.whl` is not made for Python 3.11"}));
}

}  // namespace
}  // namespace kasane::builder
