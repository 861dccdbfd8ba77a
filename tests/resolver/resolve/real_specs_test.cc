#include <cstdlib>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "base/codec.h"
#include "base/error.h"
#include "resolver/resolve/lock_environment.h"
#include "tests/support/conda_world.h"
#include "tests/support/listed_files.h"

namespace kasane::test {
namespace {

using resolver::EnvironmentSpec;
using resolver::LockOutcome;
using ::testing::IsEmpty;

std::string read_packed(const Path& path, Codec codec) {
  PosixFileSystem files;
  const auto file = files.open_file(path);
  FileSource bytes(*file);
  return read_all(*decompress(codec, bytes), std::size_t{1} << 30, path.native());
}

/// The environment.yml of a recorded solve.
EnvironmentSpec read_case(const Path& data, const std::string& id) {
  const auto recorded =
      nlohmann::json::parse(read_packed(data / "lock-cases" / (id + ".json.gz"), Codec::kGzip));
  testing::ListedFiles files;
  files.set("environment.yml", recorded.at("spec_files").at("environment.yml"));
  const resolver::SpecReading reading{.files = files,
                                      .platform = "linux-64",
                                      .find_variable = {},
                                      .settings = {},
                                      .extras = {},
                                      .groups = {}};
  EnvironmentSpec spec = resolver::read_environment_spec("environment.yml", reading);
  // What pip is to bring is another matter.
  spec.pip.clear();
  return spec;
}

/// Of Pangeo's images: 195 packages of 2022, 758 with a GPU of 2023.
const char* const kCases[] = {"7ee84631dfb7", "d55f14377b42"};

TEST(RealSpecs, AreLockedAndTheirLocksFit) {
  const char* data = std::getenv("KASANE_TEST_DATA");
  if (data == nullptr) GTEST_SKIP() << "KASANE_TEST_DATA names no folder of real data";
  CondaWorld world;
  for (const char* subdir : {"linux-64", "noarch"}) {
    const Path path = Path(data) / "conda/harvest/conda-forge" / subdir / "repodata.json.zst";
    world.add_repodata("conda-forge", subdir, read_packed(path, Codec::kZstd));
  }
  const auto open = [&](std::span<const resolver::Channel>) { return world.channels(); };
  resolver::LockOptions options;
  options.system.cuda = "12.9";
  for (const char* id : kCases) {
    SCOPED_TRACE(id);
    const EnvironmentSpec spec = read_case(data, id);
    const LockOutcome made = resolver::lock_environment(spec, nullptr, options, open);
    std::vector<std::string> requests;
    for (const auto& request : resolver::read_conda_requests(spec)) {
      requests.push_back(request.written.text);
    }
    const auto system = resolver::VirtualPackages::of("linux-64", options.system);
    EXPECT_THAT(world.checker().check(requests, system, made.lock.packages), IsEmpty());
    const std::string text = resolver::write_lock({&made.lock, 1});
    const resolver::Lock read = resolver::read_lock(text, "conda-lock.yml", {});
    const LockOutcome again = resolver::lock_environment(
        spec, &read, options, [](auto) -> std::vector<resolver::ChannelRecords> {
          throw Error(ErrorKind::kFailed, "no channel is to be opened");
        });
    EXPECT_TRUE(again.kept) << again.misfit;
  }
}

}  // namespace
}  // namespace kasane::test
