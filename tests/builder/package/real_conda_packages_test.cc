#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "base/error.h"
#include "base/file_system.h"
#include "base/process.h"
#include "builder/package/package.h"
#include "tests/support/recording_entry_sink.h"

namespace kasane::builder {
namespace {

const InstallTarget kTarget{
    .prefix = "/azureml-envs/kasane",
    .python = PythonLayout{.version = "3.12", .site_packages = "lib/python3.12/site-packages"}};

std::vector<Path> find_packages(const Path& directory) {
  std::vector<Path> out;
  for (const auto& item : std::filesystem::recursive_directory_iterator(directory)) {
    const std::string name = item.path().filename();
    if (name.starts_with("repodata")) continue;
    if (name.ends_with(".conda") || name.ends_with(".tar.bz2")) out.push_back(item.path());
  }
  std::sort(out.begin(), out.end());
  return out;
}

PackageOrigin origin_of(const PackageFacts& facts, const std::string& file_name) {
  return {.name = facts.name,
          .version = facts.version,
          .build = facts.build,
          .url = "https://conda.example/channel/linux-64/" + file_name,
          .sha256 = Digest::of(file_name),
          .size_bytes = 1,
          .md5 = {}};
}

/// What a package deserves that does not install.
struct DeservedError {
  std::string message;
  ErrorKind kind = ErrorKind::kIntegrity;
};

const std::string kNoList =
    "the package has neither `info/paths.json` nor `info/files`, which say what to install";

const std::map<std::string, DeservedError> kExpectedErrors = {
    {"dotslash-test-1.0.0-0.conda", {kNoList}},
    {"symlink-test-1.0.0-0.conda", {kNoList}},
    {"zip64-test-1.0.0-0.conda", {kNoList}},
    {"info-only-1.0.0-0.conda", {"the archive has no `pkg-*.tar.zst`"}},
    // Made on a system without symbolic links: these are empty there.
    {"zlib-1.2.11-h7b6447c_3.conda", {"the symbolic link `lib/libz.so.1` has no target"}},
    {"zlib-1.2.11-h1de35cc_3.conda", {"the symbolic link `lib/libz.1.dylib` has no target"}},
    {"zlib-1.2.11-h7b6447c_3.tar.bz2",
     {"`lib/libz.so` is damaged: it has 0 bytes, the package lists 133384"}},
    {"zlib-1.2.11-h1de35cc_3.tar.bz2",
     {"`lib/libz.1.dylib` is damaged: it has 0 bytes, the package lists 100996"}},
};

void install_and_check(const Package& package, const std::string& name) {
  const PackageFacts facts = package.read_facts();
  EXPECT_EQ(PackageFacts::parse(facts.render()), facts);
  const PackageOrigin origin = origin_of(facts, name);
  test::RecordingEntrySink sink;
  package.install(facts, origin, kTarget, {}, sink);

  std::set<std::string> brought;
  for (const auto& [entry, content] : sink.entries()) brought.insert(entry.path);
  std::set<std::string> foretold;
  for (const PackagePath& path : installed_paths(facts, origin, kTarget)) {
    foretold.insert(path.path);
    EXPECT_EQ(path.directory, sink.at(path.path).entry.type == Entry::Type::kDirectory);
  }
  EXPECT_EQ(brought, foretold);

  const auto record = nlohmann::json::parse(
      sink.at(fmt::format("conda-meta/{}-{}-{}.json", facts.name, facts.version, facts.build))
          .content);
  EXPECT_EQ(record["fn"], name);
  EXPECT_EQ(record["files"].size() + 1, brought.size());
  for (const auto& path : record["paths_data"]["paths"]) {
    const auto& recorded = sink.at(path["_path"]);
    if (recorded.entry.type == Entry::Type::kFile) {
      EXPECT_EQ(path["sha256_in_prefix"], Digest::of(recorded.content).hex());
    }
    if (path.contains("prefix_placeholder")) {
      EXPECT_EQ(recorded.content.find(path["prefix_placeholder"].get<std::string>()),
                std::string::npos);
    }
  }
}

/// The folder of real packages, where the caller of the tests has one.
std::optional<Path> find_real_packages() {
  const char* data = std::getenv("KASANE_TEST_DATA");
  if (data == nullptr || !std::filesystem::exists(Path(data) / "packages")) return std::nullopt;
  return Path(data) / "packages";
}

constexpr const char* kNoData = "KASANE_TEST_DATA names no folder with packages";

TEST(RealCondaPackages, InstallOrFailAsTheyDeserve) {
  const auto directory = find_real_packages();
  if (!directory) GTEST_SKIP() << kNoData;
  PosixFileSystem files;
  int installed = 0;
  std::set<std::string> failed;
  for (const Path& path : find_packages(*directory)) {
    SCOPED_TRACE(path);
    const std::string name = path.filename();
    const auto expected = kExpectedErrors.find(name);
    try {
      const auto file = files.open_file(path);
      install_and_check(*open_package(*file, name), name);
      ++installed;
      EXPECT_EQ(expected, kExpectedErrors.end());
    } catch (const Error& error) {
      failed.insert(name);
      if (expected == kExpectedErrors.end()) {
        ADD_FAILURE() << error.render();
        continue;
      }
      EXPECT_EQ(error.kind(), expected->second.kind);
      EXPECT_EQ(error.message(), expected->second.message);
    }
  }
  EXPECT_EQ(failed.size(), kExpectedErrors.size());
  EXPECT_GT(installed, 100);
}

/// Unpacks packages with conda's own library, one to a numbered folder.
bool unpack_with_conda_package_handling(const std::vector<Path>& packages, const Path& to) {
  constexpr const char* kScript =
      "import sys, os\n"
      "from conda_package_handling import api\n"
      "for i, path in enumerate(sys.argv[2:]):\n"
      "    api.extract(path, os.path.join(sys.argv[1], str(i)))\n";
  Command command{.arguments = {"/usr/bin/python3", "-c", kScript, to},
                  .environment = {{"LC_ALL", "C.UTF-8"}}};
  command.arguments.insert(command.arguments.end(), packages.begin(), packages.end());
  const auto process = make_posix_command_runner()->start(command);
  process->close_input();
  char buffer[4096];
  while (process->read(buffer, sizeof(buffer)) > 0) continue;
  return process->wait() == 0;
}

std::string read_whole(PosixFileSystem& files, const Path& path) {
  return files.read_text(path, std::size_t{1} << 30);
}

/// Each path outside `info/` that was unpacked, and what it is: `-> target` or a file's digest.
std::map<std::string, std::string> describe_tree(PosixFileSystem& files, const Path& root) {
  std::map<std::string, std::string> out;
  for (const auto& item : std::filesystem::recursive_directory_iterator(root)) {
    const std::string path = item.path().lexically_relative(root);
    if (path.starts_with("info/")) continue;
    if (item.is_symlink()) {
      out[path] = "-> " + std::filesystem::read_symlink(item.path()).string();
    } else if (item.is_regular_file()) {
      out[path] = Digest::of(read_whole(files, item.path())).hex();
    }
  }
  return out;
}

/// The same of what we installed: below the packaged path and with the packaged digest.
std::map<std::string, std::string> describe_installation(const Package& package,
                                                         const std::string& name) {
  const PackageFacts facts = package.read_facts();
  // Where noarch Python packages keep their paths.
  const InstallTarget target{.prefix = kTarget.prefix,
                             .python = PythonLayout{"3.12", "site-packages"}};
  test::RecordingEntrySink sink;
  package.install(facts, origin_of(facts, name), target, {}, sink);
  const auto record = nlohmann::json::parse(sink.entries().back().content);
  std::map<std::string, std::string> out;
  for (const auto& path : record["paths_data"]["paths"]) {
    if (path["path_type"] == "unix_python_entry_point") continue;
    const std::string packaged = path["_path"];
    const auto& entry = sink.at(packaged).entry;
    out[packaged] = entry.type == Entry::Type::kSymlink ? "-> " + entry.target
                                                        : path["sha256"].get<std::string>();
  }
  return out;
}

TEST(RealCondaPackages, HoldWhatCondaPackageHandlingFindsInThem) {
  const auto directory = find_real_packages();
  if (!directory) GTEST_SKIP() << kNoData;
  if (!std::filesystem::exists("/usr/lib/python3/dist-packages/conda_package_handling")) {
    GTEST_SKIP() << "conda-package-handling is not installed";
  }
  std::vector<Path> packages = find_packages(*directory);
  std::erase_if(packages,
                [](const Path& path) { return kExpectedErrors.contains(path.filename()); });
  std::string root = (std::filesystem::temp_directory_path() / "kasane-conda-XXXXXX").string();
  ASSERT_NE(::mkdtemp(root.data()), nullptr);
  PosixFileSystem files;
  EXPECT_TRUE(unpack_with_conda_package_handling(packages, root));
  for (std::size_t i = 0; i < packages.size(); ++i) {
    SCOPED_TRACE(packages[i]);
    const std::string name = packages[i].filename();
    const auto file = files.open_file(packages[i]);
    EXPECT_EQ(describe_installation(*open_package(*file, name), name),
              describe_tree(files, Path(root) / std::to_string(i)));
  }
  files.remove_all(root);
}

}  // namespace
}  // namespace kasane::builder
