#include <cstdlib>
#include <filesystem>
#include <map>
#include <set>
#include <string>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "builder/package/package.h"
#include "tests/support/recording_entry_sink.h"

namespace kasane::builder {
namespace {

/// What a wheel deserves that is not installed. Most are test data that were changed by hand after
/// their RECORD had been written.
const std::map<std::string, std::string> kDeservedErrors = {
    {"brokenwheel-1.0-py2.py3-none-any.whl",
     "`simple.dist-0.1.dist-info` does not belong to `brokenwheel`"},
    {"corruptwheel-1.0-py2.py3-none-any.whl",
     "damaged zip archive: no end of central directory found"},
    {"invalid_version-2010i-py3-none-any.whl",
     "`invalid_version-2010i-py3-none-any.whl` is no wheel name, expected "
     "`distribution-version(-build)?-python-abi-platform.whl`"},
    {"invalid.whl",
     "`invalid.whl` is no wheel name, expected "
     "`distribution-version(-build)?-python-abi-platform.whl`"},
    {"priority-1.0-py2.py3-none-any.whl", "damaged zip archive: 0 bytes are too few for one"},
    {"simplewheel-2.0-1-py2.py3-none-any.whl",
     "entry `simplewheel-2.0.dist-info/DESCRIPTION.rst` is not in RECORD"},
    {"miniblack-23.1.0-py3-none-any.whl",
     "size mismatch for entry `miniblack-23.1.0.dist-info/METADATA`: RECORD has 58959, the archive "
     "58963"},
    {"basic_package-0.1.0-py3-none-any.whl",
     "hash mismatch for entry `basic_package/__init__.py`: RECORD has "
     "`sha256=a6f39636f938542ed1b757f3a4230f347f2ea1e179173c927299ac7536468fa3`, found "
     "`sha256=pvOWNvk4VC7Rt1fzpCMPNH8uoeF5FzyScpmsdTZGj6M`"},
    {"cpython_package-1.0.0-cp314-cp314-manylinux_2_17_x86_64.whl",
     "RECORD has no hash of `cpython_package/__init__.py`"},
    {"license.dist-0.1-py2.py3-none-any.whl",
     "size mismatch for entry `license.dist-0.1.dist-info/METADATA`: RECORD has 271, the archive "
     "328"},
    {"license.dist-0.2-py2.py3-none-any.whl",
     "size mismatch for entry `license.dist-0.2.dist-info/METADATA`: RECORD has 271, the archive "
     "294"},
    {"maturin-1.4.0-py3-none-any.whl",
     "size mismatch for entry `maturin-1.4.0.dist-info/METADATA`: RECORD has 18382, the archive "
     "1177"},
    {"maturin-2.0.0-py3-none-linux_x86_64.whl",
     "size mismatch for entry `maturin-2.0.0.dist-info/METADATA`: RECORD has 18382, the archive "
     "1177"},
    {"multi_abi_package-1.0.0-cp314-cp314t.abi3-manylinux_2_17_x86_64.whl",
     "RECORD has no hash of `multi_abi_package/__init__.py`"},
    {"tqdm-4.66.1-py3-none-manylinux_2_12_x86_64.manylinux2010_x86_64.musllinux_1_1_x86_64.whl",
     "size mismatch for entry `tqdm-4.66.1.dist-info/METADATA`: RECORD has 57607, the archive "
     "3633"},
    {"validation-1.0.0-py3-none-any.whl",
     "RECORD has no hash of `validation-1.0.0.dist-info/WHEEL`"},
    {"validation-2.0.0-py3-none-any.whl",
     "RECORD has no hash of `validation-2.0.0.dist-info/WHEEL`"},
    {"validation-3.0.0-py3-none-any.whl",
     "two `.dist-info` directories: `validation-2.0.0.dist-info` and `validation-3.0.0.dist-info`"},
};

/// Warnings are expected of these alone.
const std::map<std::string, std::string> kDeservedWarnings = {
    {"pydantic_core-2.33.2-cp313-cp313-macosx_11_0_arm64.whl", "wheel-tag"},
    {"purelib_and_platlib-1.0.0-cp38-cp38-linux_x86_64.whl", "wheel-tag"},
    {"simple.dist-0.1-py1-none-invalid.whl", "wheel-version wheel-tag"},
    {"simple.dist-0.1-py2.py3-none-any.whl", "wheel-version"},
    {"complex_dist-0.1-py2.py3-none-any.whl", "wheel-version"},
    {"requires_source-1.0-py2.py3-none-any.whl", "wheel-version"},
};

template <class Map>
std::string value_or_nothing(const Map& map, const std::string& key) {
  const auto found = map.find(key);
  return found == map.end() ? std::string() : found->second;
}

void check_installation(const std::string& name, const Package& wheel) {
  const InstallTarget target{"/azureml-envs/kasane",
                             PythonLayout{"3.11", "lib/python3.11/site-packages"}};
  const PackageFacts facts = wheel.read_facts();
  const PackageOrigin origin{.name = facts.name,
                             .version = facts.version,
                             .build = {},
                             .url = "https://example.org/" + name,
                             .sha256 = Digest::of(name),
                             .size_bytes = 1,
                             .md5 = {}};
  test::RecordingEntrySink sink;
  std::string codes;
  for (const Warning& warning : wheel.install(facts, origin, target, {}, sink)) {
    codes += codes.empty() ? warning.code : " " + warning.code;
  }
  EXPECT_EQ(codes, value_or_nothing(kDeservedWarnings, name)) << name;
  std::set<std::string> found;
  for (const auto& recorded : sink.entries()) found.insert(recorded.entry.path);
  std::set<std::string> told;
  for (const PackagePath& path : installed_paths(facts, origin, target)) told.insert(path.path);
  EXPECT_EQ(found, told) << name;
}

TEST(RealWheels, InstallOrEndInTheErrorThatTheyDeserve) {
  const char* data = std::getenv("KASANE_TEST_DATA");
  const Path packages = Path(data == nullptr ? "" : data) / "packages";
  if (data == nullptr || !std::filesystem::is_directory(packages)) {
    GTEST_SKIP() << "KASANE_TEST_DATA names no folder with `packages/`";
  }
  PosixFileSystem disk;
  std::set<std::string> failed;
  std::size_t count = 0;
  for (const auto& item : std::filesystem::recursive_directory_iterator(packages)) {
    const std::string name = item.path().filename();
    if (!name.ends_with(".whl")) continue;
    ++count;
    std::string message;
    try {
      const auto file = disk.open_file(item.path());
      check_installation(name, *open_package(*file, name));
    } catch (const Error& error) {
      message = error.message();
      failed.insert(name);
    }
    EXPECT_EQ(message, value_or_nothing(kDeservedErrors, name)) << name;
  }
  EXPECT_GE(count, 70U);
  EXPECT_EQ(failed.size(), kDeservedErrors.size());
}

}  // namespace
}  // namespace kasane::builder
