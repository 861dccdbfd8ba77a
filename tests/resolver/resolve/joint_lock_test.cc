#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "resolver/resolve/lock_environment.h"
#include "tests/support/joint_world.h"

namespace kasane::test {
namespace {

using resolver::EnvironmentSpec;
using resolver::Lock;
using resolver::LockOptions;
using resolver::LockOutcome;
using resolver::PipRequirement;
using ::testing::HasSubstr;

/// Locks of both sides over one world.
class JointLock : public ::testing::Test {
 protected:
  JointLock() {
    world_.add_pythons({"3.12.4"}, {{"numpy 2.1 h_0", {"python"}}, {"numpy 1.26 h_0", {"python"}}});
    world_.add_wheels({{"a 1.0", {"b", "numpy; extra == 'x'"}},
                       {"b 1.0"},
                       {"b 2.0", {}, {"cp312-cp312-manylinux2014_x86_64"}},
                       {"numpy 2.1", {"b; extra == 'more'"}}});
  }

  static EnvironmentSpec spec_of(const std::vector<std::string>& conda,
                                 const std::vector<std::string>& pip) {
    EnvironmentSpec spec;
    spec.channels.push_back({"conda-forge", {}});
    for (const std::string& text : conda) spec.conda.push_back({text, {}});
    for (const std::string& text : pip) spec.pip.push_back(requirement(text));
    return spec;
  }
  static PipRequirement requirement(const std::string& text) {
    PipRequirement out;
    out.text = text;
    return out;
  }

  LockOutcome lock(const EnvironmentSpec& spec, const Lock* present = nullptr,
                   const LockOptions& options = {}) {
    return resolver::lock_environment(
        spec, present, options, [&](auto) { return world_.conda().channels(); },
        [&]() -> resolver::pypi::DistributionSource& { return world_.index(); });
  }
  std::string misfit(const EnvironmentSpec& spec, const Lock& present) {
    try {
      lock(spec, &present, {.locked = true});
    } catch (const Error& error) {
      constexpr std::string_view kStart = "the lock does not fit the specification: ";
      return error.message().substr(kStart.size());
    }
    return "";
  }

  /// As the file holds it.
  static Lock read_back(const Lock& lock) {
    return resolver::read_lock(resolver::write_lock({&lock, 1}), "conda-lock.yml", {});
  }

  JointWorld world_;
};

TEST_F(JointLock, IsKeptAsLongAsItFits) {
  for (const auto& pip : std::vector<std::vector<std::string>>{
           {"a"}, {"a[x]"}, {"b<2", "a"}, {"numpy[more]"}, {"A==1.*; python_version >= '3.8'"}}) {
    const EnvironmentSpec spec = spec_of({"python", "numpy"}, pip);
    const Lock made = read_back(lock(spec).lock);
    const LockOutcome again = lock(spec, &made);
    EXPECT_TRUE(again.kept) << again.misfit;
  }
}

TEST_F(JointLock, SaysWhyItDoesNotFit) {
  const Lock made = read_back(lock(spec_of({"numpy"}, {"a"})).lock);
  EXPECT_EQ(misfit(spec_of({"numpy"}, {"a>1"}), made), "`a>1` is asked for, but it has `a 1.0`");
  EXPECT_EQ(misfit(spec_of({"numpy"}, {"a", "c"}), made), "`c` is not in it");
  EXPECT_EQ(misfit(spec_of({"numpy"}, {"b"}), made), "nobody asks for `a 1.0`");
  EXPECT_EQ(misfit(spec_of({"numpy"}, {"a[x]"}), made),
            "`a[x]` is asked for, and it does not tell what extras need");
  EXPECT_EQ(misfit(spec_of({"numpy"}, {"a", "numpy<2"}), made),
            "`numpy<2` is asked for, but it has `numpy 2.1`");
  EXPECT_EQ(misfit(spec_of({"numpy", "pip"}, {}), made),
            "`a` comes from pip, for which nothing is asked");
  EnvironmentSpec constrained = spec_of({"numpy"}, {"a"});
  constrained.constraints.push_back(requirement("b<2"));
  EXPECT_EQ(misfit(constrained, made), "`b<2` constrains it, but it has `b 2.0`");
  EnvironmentSpec hashed = spec_of({"numpy"}, {"a"});
  hashed.pip[0].hashes = {"sha256:" + Digest::of("a-1.0-py3-none-any.whl").hex()};
  EXPECT_TRUE(lock(hashed, &made).kept);
  hashed.pip[0].hashes = {"sha256:" + std::string(64, '0')};
  EXPECT_EQ(misfit(hashed, made),
            "`a` is asked for with other hashes than that of `a-1.0-py3-none-any.whl`");
}

TEST_F(JointLock, WheelsOfAnotherPythonOrOfBothSidesDoNotFit) {
  const EnvironmentSpec spec = spec_of({"numpy"}, {"a"});
  Lock made = read_back(lock(spec).lock);
  for (auto& package : made.packages) {
    if (package.name == "b") package.url = "https://x.example/b-2.0-cp311-cp311-linux_x86_64.whl";
  }
  EXPECT_EQ(misfit(spec, made),
            "its wheel `b-2.0-cp311-cp311-linux_x86_64.whl` is not for Python 3.12.4 there");
  made = read_back(lock(spec).lock);
  for (auto& package : made.packages) {
    if (package.name == "b") package.name = "numpy";
  }
  EXPECT_THAT(misfit(spec, made), HasSubstr("its `numpy` comes from conda"));
}

TEST_F(JointLock, NamesAllRequirementsThatWouldHaveToBeBuilt) {
  EnvironmentSpec spec = spec_of({}, {"a", "git+https://user:secret@host.example/it.git",
                                      "b @ https://host.example/b-1.tar.gz"});
  spec.pip.push_back(requirement("./here"));
  spec.pip.back().editable = true;
  spec.pip.back().place.file = "requirements.txt";
  spec.pip.back().place.line = 7;
  try {
    lock(spec);
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::kRefused);
    EXPECT_EQ(error.message(),
              "these requirements for pip would have to be built:\n"
              "  `git+https://***@host.example/it.git`\n"
              "  `b @ https://host.example/b-1.tar.gz`\n"
              "  requirements.txt:7: `-e ./here`");
  }
}

TEST_F(JointLock, InsistsOnHashesWhereThatIsAskedFor) {
  EnvironmentSpec spec = spec_of({}, {"b==1.0"});
  spec.pip_options.require_hashes = true;
  EXPECT_THROW(lock(spec), Error);
  spec.pip[0].hashes = {"sha256:" + Digest::of("b-1.0-py3-none-any.whl").hex()};
  EXPECT_EQ(lock(spec).lock.packages.back().file_name(), "b-1.0-py3-none-any.whl");
  spec = spec_of({}, {"a"});
  spec.pip_options.require_hashes = true;
  spec.pip[0].hashes = {"sha256:" + Digest::of("a-1.0-py3-none-any.whl").hex()};
  // `b` has none.
  EXPECT_THROW(lock(spec), Error);
}

}  // namespace
}  // namespace kasane::test
