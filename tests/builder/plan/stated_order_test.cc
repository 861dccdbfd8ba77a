#include "builder/plan/stated_order.h"

#include <algorithm>
#include <random>

#include <gtest/gtest.h>

#include "base/error.h"

namespace kasane::builder {
namespace {

PackageFacts conda(std::string name, std::vector<std::string> depends = {}) {
  PackageFacts facts;
  facts.name = std::move(name);
  facts.depends = std::move(depends);
  return facts;
}

PackageFacts wheel(std::string name, std::vector<std::string> depends = {}) {
  PackageFacts facts = conda(std::move(name), std::move(depends));
  facts.kind = PackageFacts::Kind::kWheel;
  return facts;
}

std::vector<std::string> order_of(const std::vector<PackageFacts>& packages) {
  std::vector<const PackageFacts*> borrowed;
  for (const PackageFacts& facts : packages) borrowed.push_back(&facts);
  std::vector<std::string> names;
  for (const std::size_t index : stated_order(borrowed)) names.push_back(packages[index].name);
  return names;
}

using Names = std::vector<std::string>;

TEST(StatedOrder, PutsDependenciesFirstAndElseGoesByName) {
  EXPECT_EQ(order_of({conda("zlib"), conda("python", {"zlib >=1.2", "openssl"}), conda("openssl"),
                      conda("attrs", {"python >=3.8"})}),
            (Names{"openssl", "zlib", "python", "attrs"}));
}

TEST(StatedOrder, PutsWheelsLast) {
  EXPECT_EQ(order_of({wheel("aa"), conda("zz")}), (Names{"zz", "aa"}));
}

TEST(StatedOrder, CutsCirclesAtTheSmallestName) {
  EXPECT_EQ(order_of({conda("pip", {"setuptools"}), conda("setuptools", {"pip"})}),
            (Names{"pip", "setuptools"}));
}

TEST(StatedOrder, KeepsCondaNamesApartThatDifferInPunctuation) {
  EXPECT_EQ(order_of({conda("ruamel_yaml"), conda("ruamel.yaml")}),
            (Names{"ruamel.yaml", "ruamel_yaml"}));
}

TEST(StatedOrder, TakesWheelNamesAsPipDoes) {
  EXPECT_EQ(
      order_of({wheel("Zope.Interface"), wheel("abc", {"zope_interface>=5; python_version>'3'"})}),
      (Names{"Zope.Interface", "abc"}));
}

TEST(StatedOrder, RefusesAPackageThatIsThereTwice) {
  EXPECT_THROW(order_of({conda("a"), conda("a")}), Error);
}

TEST(StatedOrder, DoesNotDependOnTheOrderOfThePackages) {
  std::mt19937 random(3);
  for (int round = 0; round < 200; ++round) {
    std::vector<PackageFacts> packages;
    for (int i = 0; i < 12; ++i) {
      std::vector<std::string> depends;
      for (int d = 0; d < 3; ++d) depends.push_back("p" + std::to_string(random() % 12));
      packages.push_back(conda("p" + std::to_string(i), depends));
    }
    const Names expected = order_of(packages);
    std::shuffle(packages.begin(), packages.end(), random);
    ASSERT_EQ(order_of(packages), expected);
  }
}

}  // namespace
}  // namespace kasane::builder
