#include "builder/plan/layering.h"

#include <algorithm>
#include <map>
#include <random>
#include <set>

#include <gtest/gtest.h>

#include "base/error.h"

namespace kasane::builder {
namespace {

constexpr std::uint64_t kMega = std::uint64_t{1} << 20;

LayeringInput package(std::string name, std::uint64_t size,
                      LayeringInput::Class stability = LayeringInput::Class::kPython) {
  return {std::move(name), stability, size, nullptr};
}

std::vector<LayeringInput> many(std::size_t count, std::uint64_t size) {
  std::vector<LayeringInput> packages;
  for (std::size_t i = 0; i < count; ++i)
    packages.push_back(package("p" + std::to_string(i), size));
  return packages;
}

/// Layers as sets of package names, so that they can be compared between inputs.
std::multiset<std::set<std::string>> named(const std::vector<LayeringInput>& packages,
                                           const Layering& layering) {
  std::multiset<std::set<std::string>> out;
  for (const auto& layer : layering.layers) {
    std::set<std::string> names;
    for (const LayerMember& member : layer) {
      names.insert(packages[member.package].name + "/" + std::to_string(member.part));
    }
    out.insert(std::move(names));
  }
  return out;
}

TEST(Layering, HasEachPackageOnce) {
  const auto packages = many(300, 3 * kMega);
  std::set<std::size_t> seen;
  for (const auto& layer : find_layering(packages, {}).layers) {
    for (const LayerMember& member : layer) EXPECT_TRUE(seen.insert(member.package).second);
  }
  EXPECT_EQ(seen.size(), packages.size());
}

TEST(Layering, BoundsTheSizeOfGroups) {
  const LayeringRules rules;
  const auto packages = many(300, 7 * kMega);
  for (const auto& layer : find_layering(packages, rules).layers) {
    std::uint64_t total = 0;
    for (const LayerMember& member : layer) total += packages[member.package].size_bytes;
    EXPECT_LE(total, rules.group_bytes);
  }
}

TEST(Layering, GivesLargePackagesLayersOfTheirOwn) {
  auto packages = many(5, kMega);
  packages.push_back(package("torch", 200 * kMega));
  const auto layers = named(packages, find_layering(packages, {}));
  EXPECT_TRUE(layers.contains({"torch/0"}));
}

TEST(Layering, CutsGiantsAtPaths) {
  const std::vector<PackagePath> paths = {{"a", 300 * kMega, false},
                                          {"b", 300 * kMega, false},
                                          {"c", 100 * kMega, false},
                                          {"d", 900 * kMega, false},
                                          {"e", 1, false}};
  std::vector<LayeringInput> packages = {
      {"giant", LayeringInput::Class::kNative, 1600 * kMega + 1, &paths}};
  const Layering layering = find_layering(packages, {});
  EXPECT_EQ(layering.bounds[0], (std::vector<std::string>{"b", "d", "e"}));
  EXPECT_EQ(layering.layers.size(), 4U);
}

TEST(Layering, PutsWhatChangesLeastAtTheBottom) {
  const std::vector<LayeringInput> packages = {package("wheel", 1, LayeringInput::Class::kWheel),
                                               package("numpy", 1),
                                               package("zlib", 1, LayeringInput::Class::kNative)};
  const Layering layering = find_layering(packages, {});
  ASSERT_EQ(layering.layers.size(), 3U);
  EXPECT_EQ(packages[layering.layers[0][0].package].name, "zlib");
  EXPECT_EQ(packages[layering.layers[1][0].package].name, "numpy");
  EXPECT_EQ(packages[layering.layers[2][0].package].name, "wheel");
}

TEST(Layering, DoesNotDependOnTheOrderOfThePackages) {
  std::mt19937 random(11);
  auto packages = many(150, 0);
  for (auto& p : packages) p.size_bytes = random() % (40 * kMega);
  const Layering before = find_layering(packages, {});
  auto shuffled = packages;
  std::shuffle(shuffled.begin(), shuffled.end(), random);
  const Layering after = find_layering(shuffled, {});
  ASSERT_EQ(before.layers.size(), after.layers.size());
  for (std::size_t i = 0; i < before.layers.size(); ++i) {
    ASSERT_EQ(before.layers[i].size(), after.layers[i].size());
    for (std::size_t j = 0; j < before.layers[i].size(); ++j) {
      EXPECT_EQ(packages[before.layers[i][j].package].name,
                shuffled[after.layers[i][j].package].name);
    }
  }
}

TEST(Layering, TouchesFewLayersWhenOnePackageComesOrGoes) {
  std::mt19937 random(5);
  for (int round = 0; round < 100; ++round) {
    auto packages = many(120, 0);
    for (auto& p : packages) p.size_bytes = random() % (12 * kMega);
    const auto before = named(packages, find_layering(packages, {}));
    packages.push_back(package("added", 10 * kMega));
    const auto after = named(packages, find_layering(packages, {}));
    std::vector<std::set<std::string>> changed;
    std::set_difference(after.begin(), after.end(), before.begin(), before.end(),
                        std::back_inserter(changed));
    // A group that overflows is cut in two, or in three where all its members share the next bit.
    EXPECT_LE(changed.size(), 4U);
  }
}

TEST(Layering, DoublesTheGroupsRatherThanTakeTooManyLayers) {
  LayeringRules rules;
  rules.max_layers = 10;
  const auto packages = many(400, 10 * kMega);
  EXPECT_LE(find_layering(packages, rules).layers.size(), 10U);
}

TEST(Layering, RefusesWhatCannotBe) {
  LayeringRules rules;
  rules.max_layers = 1;
  const std::vector<LayeringInput> packages = {package("a", 1),
                                               package("b", 1, LayeringInput::Class::kWheel)};
  try {
    find_layering(packages, rules);
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.message(), "the packages need at least 2 layers, 1 are allowed");
  }
}

}  // namespace
}  // namespace kasane::builder
