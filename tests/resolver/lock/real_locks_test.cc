#include <cstdlib>

#include <gtest/gtest.h>

#include "base/file_system.h"
#include "resolver/lock/yaml_tape.h"
#include "tests/resolver/lock/sample_lock.h"

namespace kasane::resolver {
namespace {

/// What reading a file gives: how many packages, how many of them for pip; or the error.
struct RealLock {
  const char* file;
  int packages;
  int pip;
  const char* message;
};

const RealLock kRealLocks[] = {
    {"conda-lock/example/zlib/conda-lock.yml", 6, 0, ""},
    {"conda-lock/tests/test-environment-blas-mkl/conda-lock.yml", 40, 0, ""},
    {"conda-lock/tests/test-explicit-toposorted/conda-lock.yml", 127, 4, ""},
    {"conda-lock/tests/test-install-with-pip-deps/conda-lock.yml", 28, 4, ""},
    {"conda-lock/tests/test-multiple-categories/conda-lock.yml", 20, 0, ""},
    {"conda-lock/tests/test-pypi-resolve-gh155/conda-lock.yml", 36, 12, ""},
    {"conda-lock/tests/test-update-filter-platform/conda-lock.yml", 1, 0, ""},
    {"conda-lock/tests/zlib/conda-linux-64.lock", 6, 0, ""},
    {"mamba/libmamba/tests/data/env_lockfile/good_multiple_categories-lock.yaml", 8, 5, ""},
    {"mamba/libmamba/tests/data/env_lockfile/good_multiple_packages-lock.yaml", 8, 2, ""},
    {"mamba/libmamba/tests/data/env_lockfile/good_no_package-lock.yaml", 0, 0, ""},
    {"mamba/micromamba/tests/env_lockfiles/envlockfile-check-step-1-lock.yaml", 190, 0, ""},
    {"mamba/micromamba/tests/env_lockfiles/envlockfile-check-step-2-lock.yaml", 64, 0, ""},
    {"mamba/micromamba/tests/env_lockfiles/test-env-lock.yaml", 6, 0, ""},
    {"mamba/micromamba/tests/env_lockfiles/test-env-pip-lock.yaml", 0, 0,
     "expected a wheel (`.whl`) for `checkm`, found `Checkm-0.4.tar.gz`"},
    {"mamba/micromamba/tests/explicit_env_linux.txt", 15, 0, ""},
    {"conda-lock/environments/conda-lock.yml", 0, 0,
     "expected a `conda-lock.yml` of version 1 or an `@EXPLICIT` list, found neither"},
    {"conda-lock/tests/test-lockfile/conda-lock.yml", 0, 0,
     "expected a wheel (`.whl`) for `pydashi`, found `v2.0.0-alpha.0.tar.gz`"},
    {"conda-lock/tests/test-v2-to-v3-upgrade/conda-lock-v3.0.3.yml", 0, 0,
     "expected a wheel (`.whl`) for `cowsay`, found `v6.1.tar.gz`"},
    {"conda-lock/tests/zlib/conda-osx-64.lock", 0, 0,
     "the list is for `osx-64`, but `linux-64` was asked for"},
    {"conda/tests/env/support/explicit.txt", 0, 0,
     "no hash is given for `_libgcc_mutex`, so what is fetched cannot be checked"},
    {"mamba/libmamba/tests/data/env_lockfile/bad_package-lock.yaml", 0, 0,
     "the package `_libgcc_mutex` has no `manager`"},
    {"mamba/libmamba/tests/data/env_lockfile/bad_version-lock.yaml", 0, 0,
     "expected version `1` of the lock's format, found `-1`"},
    {"mamba/micromamba/tests/env_lockfiles/test-env-pip-lock-linux-64.json", 0, 0,
     "expected a `conda-lock.yml` of version 1 or an `@EXPLICIT` list, found a lock of mambajs"},
    {"pixi/examples/docker/pixi.lock", 0, 0,
     "expected a `conda-lock.yml` of version 1 or an `@EXPLICIT` list, found a pixi lock"},
    {"ibis/conda/environment.yml", 0, 0,
     "expected a `conda-lock.yml` of version 1 or an `@EXPLICIT` list, found a specification "
     "(`dependencies`)"},
};

class RealLocks : public testing::Test {
 protected:
  void SetUp() override {
    const char* folder = std::getenv("KASANE_TEST_DATA");
    if (folder == nullptr) GTEST_SKIP() << "KASANE_TEST_DATA names no folder of real locks";
    folder_ = Path(folder) / "locks";
  }
  std::string text_of(const char* file) { return PosixFileSystem().read_text(folder_ / file); }

  Path folder_;
};

TEST_F(RealLocks, AreReadOrGetTheErrorThatTheyDeserve) {
  for (const RealLock& real : kRealLocks) {
    const std::string text = text_of(real.file);
    try {
      const Lock lock = read_lock(text, real.file, {});
      int pip = 0;
      for (const LockedPackage& package : lock.packages) pip += package.manager == Manager::kPip;
      EXPECT_EQ(lock.packages.size(), static_cast<std::size_t>(real.packages)) << real.file;
      EXPECT_EQ(pip, real.pip) << real.file;
      EXPECT_STREQ(real.message, "") << real.file;
    } catch (const Error& error) {
      EXPECT_EQ(error.message(), real.message) << real.file;
    }
  }
}

TEST_F(RealLocks, AreTheSameAfterWritingThem) {
  for (const RealLock& real : kRealLocks) {
    if (*real.message != '\0') continue;
    Lock lock = read_lock(text_of(real.file), real.file, {});
    std::sort(lock.packages.begin(), lock.packages.end(), [](const auto& a, const auto& b) {
      return std::tie(a.manager, a.name) < std::tie(b.manager, b.name);
    });
    Lock again = read_lock(write_lock({&lock, 1}), real.file, {});
    for (LockedPackage& package : lock.packages) package.line = 0;
    for (LockedPackage& package : again.packages) package.line = 0;
    EXPECT_EQ(again.packages, lock.packages) << real.file;
  }
}

TEST_F(RealLocks, AreReadAlikeByBothYamlReaders) {
  for (const RealLock& real : kRealLocks) {
    const std::string text = text_of(real.file);
    const std::optional<YamlTape> simple = YamlTape::find_simple(text);
    if (!simple) continue;
    const YamlTape any = YamlTape::parse_any(text, real.file);
    ASSERT_EQ(simple->events().size(), any.events().size()) << real.file;
    for (std::size_t i = 0; i < any.events().size(); ++i) {
      const YamlEvent& a = simple->events()[i];
      const YamlEvent& b = any.events()[i];
      ASSERT_EQ(a.kind, b.kind) << real.file << " " << b.line;
      if (a.kind != YamlKind::kScalar) continue;
      ASSERT_EQ(a.value, b.value) << real.file << " " << b.line;
      ASSERT_EQ(a.line, b.line) << real.file;
      ASSERT_EQ(a.column, b.column) << real.file << " " << b.line;
    }
  }
}

}  // namespace
}  // namespace kasane::resolver
