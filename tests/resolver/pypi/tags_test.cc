#include "resolver/pypi/tags.h"

#include <algorithm>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace kasane::resolver::pypi {
namespace {

using ::testing::ElementsAre;

WheelTarget target(int minor, std::string machine, TargetLibc libc) {
  WheelTarget out;
  out.python_minor = minor;
  out.machine = std::move(machine);
  out.libc = libc;
  return out;
}

TargetLibc glibc(int minor) { return {TargetLibc::Kind::kGlibc, 2, minor}; }

std::vector<std::string> texts(const std::vector<WheelTag>& tags) {
  std::vector<std::string> out;
  for (const WheelTag& tag : tags) out.push_back(tag.render());
  return out;
}

TEST(Tags, ManylinuxGoesByGlibc) {
  EXPECT_THAT(platform_tags(target(11, "x86_64", glibc(13))),
              ElementsAre("linux_x86_64", "manylinux_2_13_x86_64", "manylinux_2_12_x86_64",
                          "manylinux2010_x86_64", "manylinux_2_11_x86_64", "manylinux_2_10_x86_64",
                          "manylinux_2_9_x86_64", "manylinux_2_8_x86_64", "manylinux_2_7_x86_64",
                          "manylinux_2_6_x86_64", "manylinux_2_5_x86_64", "manylinux1_x86_64"));
  EXPECT_THAT(platform_tags(target(11, "aarch64", glibc(18))),
              ElementsAre("linux_aarch64", "manylinux_2_18_aarch64", "manylinux_2_17_aarch64",
                          "manylinux2014_aarch64"));
  EXPECT_THAT(platform_tags(target(11, "aarch64", glibc(16))), ElementsAre("linux_aarch64"));
}

TEST(Tags, MusllinuxGoesByMusl) {
  EXPECT_THAT(platform_tags(target(11, "x86_64", {TargetLibc::Kind::kMusl, 1, 1})),
              ElementsAre("linux_x86_64", "musllinux_1_1_x86_64", "musllinux_1_0_x86_64"));
}

TEST(Tags, StandInOrder) {
  EXPECT_THAT(
      texts(supported_tags(target(3, "x86_64", {}))),
      ElementsAre("cp33-cp33m-linux_x86_64", "cp33-abi3-linux_x86_64", "cp33-none-linux_x86_64",
                  "cp32-abi3-linux_x86_64", "py33-none-linux_x86_64", "py3-none-linux_x86_64",
                  "py32-none-linux_x86_64", "py31-none-linux_x86_64", "py30-none-linux_x86_64",
                  "cp33-none-any", "py33-none-any", "py3-none-any", "py32-none-any",
                  "py31-none-any", "py30-none-any"));
}

TEST(Tags, FreeThreadedPythonTakesNoOldStableAbi) {
  WheelTarget free = target(14, "x86_64", {});
  free.free_threaded = true;
  const std::vector<std::string> tags = texts(supported_tags(free));
  EXPECT_EQ(tags[0], "cp314-cp314t-linux_x86_64");
  EXPECT_EQ(tags[1], "cp314-abi3t-linux_x86_64");
  EXPECT_EQ(std::count(tags.begin(), tags.end(), "cp314-abi3-linux_x86_64"), 0);
}

TEST(Tags, PyPyHasItsOwn) {
  WheelTarget pypy = target(2, "x86_64", {});
  pypy.implementation = "pp";
  pypy.abi = "pypy32_pp73";
  EXPECT_THAT(texts(supported_tags(pypy)),
              ElementsAre("pp32-pypy32_pp73-linux_x86_64", "pp32-none-linux_x86_64",
                          "py32-none-linux_x86_64", "py3-none-linux_x86_64",
                          "py31-none-linux_x86_64", "py30-none-linux_x86_64", "pp3-none-any",
                          "py32-none-any", "py3-none-any", "py31-none-any", "py30-none-any"));
}

TEST(TagRanks, PreferTheMostSpecificWheel) {
  const TagRanks ranks(target(11, "x86_64", glibc(28)));
  const std::vector<std::string> best_first = {
      "a-1-cp311-cp311-linux_x86_64.whl",
      "a-1-cp311-cp311-manylinux_2_28_x86_64.whl",
      "a-1-cp311-cp311-manylinux_2_17_x86_64.manylinux2014_x86_64.whl",
      "a-1-cp311-cp311-manylinux1_x86_64.whl",
      "a-1-cp311-abi3-manylinux2014_x86_64.whl",
      "a-1-cp39-abi3-manylinux2014_x86_64.whl",
      "a-1-cp36.cp37.cp38-abi3-manylinux2014_x86_64.whl",
      "a-1-py3-none-manylinux2014_x86_64.whl",
      "a-1-cp311-none-any.whl",
      "a-1-py2.py3-none-any.whl",
      "a-1-py36-none-any.whl"};
  for (std::size_t i = 1; i < best_first.size(); ++i) {
    const auto better = ranks.find(WheelName::parse(best_first[i - 1]));
    const auto worse = ranks.find(WheelName::parse(best_first[i]));
    ASSERT_TRUE(better && worse) << best_first[i];
    EXPECT_LT(*better, *worse) << best_first[i];
  }
  for (const std::string tags : {"cp310-cp310-manylinux1_x86_64", "cp312-abi3-manylinux1_x86_64",
                                 "cp311-cp311-manylinux_2_29_x86_64", "cp311-cp311-win_amd64",
                                 "cp311-cp311-musllinux_1_1_x86_64", "py2-none-any",
                                 "cp311-cp311-manylinux2014_aarch64", "py312-none-any"}) {
    EXPECT_FALSE(ranks.find(WheelName::parse("a-1-" + tags + ".whl"))) << tags;
  }
}

TEST(WheelBuilds, AreComparedByNumber) {
  const std::vector<std::string> sorted = {"a-1-py3-none-any.whl",      "a-1-1-py3-none-any.whl",
                                           "a-1-2-py3-none-any.whl",    "a-1-10-py3-none-any.whl",
                                           "a-1-010a-py3-none-any.whl", "a-1-10b-py3-none-any.whl"};
  for (std::size_t i = 1; i < sorted.size(); ++i) {
    EXPECT_TRUE(
        std::is_lt(WheelName::parse(sorted[i - 1]).compare_builds(WheelName::parse(sorted[i]))))
        << sorted[i];
  }
}

}  // namespace
}  // namespace kasane::resolver::pypi
