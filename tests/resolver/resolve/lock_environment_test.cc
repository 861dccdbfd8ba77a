#include "resolver/resolve/lock_environment.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "tests/support/conda_world.h"

namespace kasane::test {
namespace {

using resolver::EnvironmentSpec;
using resolver::Lock;
using resolver::LockedPackage;
using resolver::LockOptions;
using resolver::LockOutcome;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

SourcePlace at_line(int line) {
  SourcePlace place;
  place.file = "environment.yml";
  place.line = line;
  place.column = 5;
  return place;
}

EnvironmentSpec spec_of(const std::vector<std::string>& requests,
                        const std::vector<std::string>& channels = {"main"}) {
  EnvironmentSpec spec;
  int line = 3;
  for (const std::string& channel : channels) spec.channels.push_back({channel, at_line(line++)});
  for (const std::string& request : requests) spec.conda.push_back({request, at_line(line++)});
  return spec;
}

/// A channel `main` with a chain of packages, and what locking over it gives.
class LockEnvironment : public ::testing::Test {
 protected:
  LockEnvironment() {
    world_.add_channel("main", {{"app 1.0 h_0", {"lib >=1", "__glibc >=2.17"}},
                                {"app 1.1 h_0", {"lib >=1"}},
                                {"lib 1.0 h_0", {"base"}},
                                {"lib 2.0 h_0", {"base"}},
                                {"base 1.0 h_0"},
                                {"base 1.5 h_0"},
                                {"tool 1.0 h_0", {"base <1.5"}},
                                {"tool 2.0 h_0", {"base"}}});
  }

  LockOutcome lock(const EnvironmentSpec& spec, const Lock* present = nullptr,
                   const LockOptions& options = {}) {
    return resolver::lock_environment(spec, present, options,
                                      [&](std::span<const resolver::Channel> channels) {
                                        opened_.clear();
                                        for (const auto& channel : channels) {
                                          opened_.push_back(channel.name());
                                        }
                                        return world_.channels();
                                      });
  }

  std::string refusal(const EnvironmentSpec& spec, const Lock* present = nullptr,
                      const LockOptions& options = {}) {
    try {
      lock(spec, present, options);
    } catch (const Error& error) {
      return error.render();
    }
    return "a lock";
  }

  static std::vector<std::string> names(const Lock& lock) {
    std::vector<std::string> out;
    for (const LockedPackage& package : lock.packages) {
      out.push_back(package.name + " " + package.version);
    }
    return out;
  }

  static std::string changes(const LockOutcome& outcome) {
    return resolver::render_changes(outcome.changes);
  }

  CondaWorld world_;
  std::vector<std::string> opened_;
};

TEST_F(LockEnvironment, TakesTheBestOfEverythingWithoutALock) {
  const LockOutcome outcome = lock(spec_of({"app"}));
  EXPECT_FALSE(outcome.kept);
  EXPECT_THAT(names(outcome.lock), ElementsAre("app 1.1", "base 1.5", "lib 2.0"));
  EXPECT_EQ(changes(outcome),
            "added       app     1.1 h_0\n"
            "added       base    1.5 h_0\n"
            "added       lib     2.0 h_0\n");
}

TEST_F(LockEnvironment, LeavesALockAloneThatFitsAndOpensNoChannel) {
  const Lock first = lock(spec_of({"app 1.0", "lib 1.0", "base 1.0"})).lock;
  opened_.clear();
  // What was asked for then is more than what is asked for now, and the lock fits this too.
  const LockOutcome second = lock(spec_of({"app"}), &first);
  EXPECT_TRUE(second.kept);
  EXPECT_EQ(second.lock.packages, first.packages);
  EXPECT_THAT(second.changes, IsEmpty());
  EXPECT_THAT(opened_, IsEmpty());
}

TEST_F(LockEnvironment, MovesAsLittleAsMayBe) {
  const Lock first = lock(spec_of({"app 1.0", "lib 1.0", "base 1.0"})).lock;
  const LockOutcome added = lock(spec_of({"app", "tool"}), &first);
  EXPECT_EQ(added.misfit, "`tool` (environment.yml:5) is not in it");
  // Of what was there nothing moves: not `app`, which has a newer version, and not `base`.
  EXPECT_EQ(changes(added), "added       tool    2.0 h_0\n");
  const LockOutcome pinned = lock(spec_of({"app >=1.1"}), &first);
  EXPECT_EQ(changes(pinned), "upgraded    app  1.0 h_0  1.1 h_0\n");
  const LockOutcome removed = lock(spec_of({"lib"}), &first);
  EXPECT_EQ(removed.misfit, "nobody asks for `app 1.0`");
  EXPECT_EQ(changes(removed), "removed     app  1.0 h_0\n");
}

TEST_F(LockEnvironment, UpgradesWhatIsNamedAndNothingElse) {
  const Lock first = lock(spec_of({"app 1.0", "lib 1.0", "base 1.0"})).lock;
  LockOptions options;
  options.upgrade = {"base"};
  EXPECT_EQ(changes(lock(spec_of({"app"}), &first, options)),
            "upgraded    base  1.0 h_0  1.5 h_0\n");
  options.upgrade = {"app", "lib"};
  EXPECT_THAT(names(lock(spec_of({"app"}), &first, options).lock),
              ElementsAre("app 1.1", "base 1.0", "lib 2.0"));
  options.upgrade_all = true;
  EXPECT_THAT(names(lock(spec_of({"app"}), &first, options).lock),
              ElementsAre("app 1.1", "base 1.5", "lib 2.0"));
  options = {};
  options.upgrade = {"bas"};
  EXPECT_EQ(refusal(spec_of({"app"}), &first, options),
            "error: there is no `bas` to upgrade\nhint: did you mean `base`?\n");
}

struct Misfit {
  const char* why;
  EnvironmentSpec spec;
  const char* misfit;
};

TEST_F(LockEnvironment, SaysWhyALockDoesNotFit) {
  const Lock fitting = lock(spec_of({"app"})).lock;
  const std::vector<Misfit> rows = {
      {"another version", spec_of({"app <1.1"}),
       "`app <1.1` (environment.yml:4) is asked for, but it has `app 1.1`"},
      {"another build", spec_of({"app 1.1 g_0"}),
       "`app 1.1 g_0` (environment.yml:4) is asked for, but it has `app 1.1`"},
      {"another build number", spec_of({"app[build_number=1]"}),
       "`app[build_number=1]` (environment.yml:4) is asked for, but it has `app 1.1`"},
      {"another channel", spec_of({"other::app"}),
       "`other::app` (environment.yml:4) is asked for, but it has `app 1.1`"},
      {"a system without", spec_of({"app", "__cuda"}),
       "the system does not have `__cuda` (environment.yml:5)"},
      {"other channels", spec_of({"app"}, {"other", "main"}),
       "it was made from the channels `main`, but `other`, `main` are asked for"},
  };
  LockOptions locked;
  locked.locked = true;
  for (const Misfit& row : rows) {
    SCOPED_TRACE(row.why);
    EXPECT_EQ(refusal(row.spec, &fitting, locked),
              std::string("error: the lock does not fit the specification: ") + row.misfit +
                  "\nhint: lock again without `--locked`\n");
  }
  EXPECT_EQ(refusal(spec_of({"app"}), nullptr, locked),
            "error: the lock does not fit the specification: there is none for `linux-64`\n"
            "hint: lock again without `--locked`\n");
  EXPECT_TRUE(lock(spec_of({"app", "main::lib"}), &fitting, locked).kept);
}

TEST_F(LockEnvironment, SeesThatALockIsBrokenInItself) {
  const Lock whole = lock(spec_of({"app 1.0"})).lock;
  Lock missing = whole;
  std::erase_if(missing.packages, [](const auto& package) { return package.name == "base"; });
  EXPECT_EQ(lock(spec_of({"app"}), &missing).misfit,
            "its `lib 2.0` needs `base`, which is not in it");
  Lock old = whole;
  for (LockedPackage& package : old.packages) {
    if (package.name == "lib") package.version = "0.9";
  }
  EXPECT_EQ(lock(spec_of({"app"}), &old).misfit,
            "its `app 1.0` needs `lib >=1`, but it has `lib 0.9`");
  LockOptions ancient;
  ancient.system.glibc = "2.12";
  EXPECT_EQ(lock(spec_of({"app"}), &whole, ancient).misfit,
            "its `app 1.0` needs `__glibc >=2.17`, which the system does not have");
  Lock with_pip = whole;
  LockedPackage wheel;
  wheel.manager = resolver::Manager::kPip;
  wheel.name = "einops";
  with_pip.packages.push_back(wheel);
  EXPECT_EQ(lock(spec_of({"app"}), &with_pip).misfit,
            "`einops` comes from pip, for which nothing is asked");
}

TEST_F(LockEnvironment, OpensTheChannelsThatRequestsName) {
  world_.add_channel("pytorch", {{"tool 3.0 h_0"}});
  const LockOutcome outcome = lock(spec_of({"app", "pytorch::tool", "main::lib"}));
  EXPECT_THAT(opened_, ElementsAre("main", "pytorch"));
  EXPECT_THAT(names(outcome.lock), ElementsAre("app 1.1", "base 1.5", "lib 2.0", "tool 3.0"));
  const LockOutcome again = lock(spec_of({"app", "pytorch::tool", "main::lib"}), &outcome.lock);
  EXPECT_TRUE(again.kept) << again.misfit;
}

TEST_F(LockEnvironment, TakesTheDefaultsWhereNoChannelIsNamed) {
  lock(spec_of({"app"}, {}));
  EXPECT_THAT(opened_, ElementsAre("pkgs/main", "pkgs/r"));
}

TEST_F(LockEnvironment, PointsAtRequirementsThatCannotBeRead) {
  EnvironmentSpec spec = spec_of({"app"});
  spec.conda.push_back({"lib=>1", at_line(7)});
  spec.conda.back().place.text = "  - lib=>1";
  EXPECT_THAT(refusal(spec), HasSubstr("environment.yml:7:8: "));
  spec.conda.back().text = "lib*";
  EXPECT_EQ(refusal(spec),
            "environment.yml:7:5: expected the name of one package, found `lib*`\n"
            "    7 |   - lib=>1\n      |     ^\n");
  spec = spec_of({"app"}, {"ma in"});
  EXPECT_THAT(refusal(spec), HasSubstr("environment.yml:3:5: `ma in` is no channel"));
}

TEST_F(LockEnvironment, RefusesAPlatformThatTheSpecificationIsNotFor) {
  EnvironmentSpec spec = spec_of({"app"});
  spec.platforms = {"linux-aarch64", "osx-64"};
  EXPECT_EQ(refusal(spec),
            "error: the specification is for linux-aarch64, osx-64, but `linux-64` was asked for\n"
            "hint: write `--platform linux-aarch64`\n");
}

TEST(CondaRequests, ImplyPythonAndPip) {
  EnvironmentSpec spec = spec_of({"app"});
  spec.python = resolver::Requirement{">=3.9,<3.12", at_line(2)};
  resolver::PipRequirement einops;
  einops.text = "einops";
  einops.place = at_line(9);
  spec.pip.push_back(einops);
  std::vector<std::string> texts;
  for (const auto& request : resolver::read_conda_requests(spec)) {
    texts.push_back(fmt::format("{}:{}", request.written.place.line, request.written.text));
  }
  EXPECT_THAT(texts, ElementsAre("4:app", "2:python >=3.9,<3.12", "9:pip"));
}

TEST_F(LockEnvironment, WritesOneLockWhateverTheOrderOfRecordsAndChannelsOfOneName) {
  const std::vector<CondaLine> lines = {{"a 1.0 x_0", {"b"}, {}, "", 5},
                                        {"a 1.0 y_0", {"b"}, {}, "", 5},
                                        {"b 2.0 h_0", {"c >=1", "d"}},
                                        {"b 2.0 g_0", {"d", "c >=1"}},
                                        {"c 1.0 h_0", {}, {}, "", 0, "noarch"},
                                        {"c 1.0 h_0"},
                                        {"d 1.0 h_0"},
                                        {"d 1 h_0"}};
  std::vector<std::string> locks;
  std::vector<CondaLine> shuffled = lines;
  for (int i = 0; i < 8; ++i) {
    CondaWorld world;
    world.add_channel("main", shuffled);
    const LockOutcome outcome = resolver::lock_environment(spec_of({"a", "d"}), nullptr, {},
                                                           [&](auto) { return world.channels(); });
    locks.push_back(resolver::write_lock({&outcome.lock, 1}));
    std::rotate(shuffled.begin(), shuffled.begin() + 3, shuffled.end());
    std::swap(shuffled[1], shuffled[4]);
  }
  EXPECT_THAT(locks, ::testing::Each(locks.front()));
  EXPECT_THAT(locks.front(), HasSubstr("a-1.0-y_0.conda"));
}

}  // namespace
}  // namespace kasane::test
