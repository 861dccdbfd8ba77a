#include "builder/plan/environment_id.h"

#include <set>

#include <gtest/gtest.h>

#include "base/error.h"

namespace kasane::builder {
namespace {

resolver::LockedPackage package(std::string name) {
  resolver::LockedPackage locked;
  locked.sha256 = Digest::of(name);
  locked.url = "https://example.org/c/noarch/" + name + "-1-0.conda";
  locked.name = std::move(name);
  locked.version = "1";
  locked.build = "0";
  return locked;
}

EnvironmentInputs inputs() {
  return {"linux-64", std::nullopt, "/azureml-envs/kasane", true, 0, {}};
}

TEST(EnvironmentId, IsAUuidOfVersion8) {
  const std::string hex = find_environment_id(inputs(), std::vector{package("a")}).hex();
  ASSERT_EQ(hex.size(), 32U);
  EXPECT_EQ(hex[12], '8');
  EXPECT_NE(std::string("89ab").find(hex[16]), std::string::npos);
}

TEST(EnvironmentId, IsTheSameForever) {
  EXPECT_EQ(find_environment_id(inputs(), std::vector{package("a"), package("b")}).name(),
            "azureml_7136ad85f2ec865d82a2a398ef1cce3d");
}

TEST(EnvironmentId, DoesNotDependOnTheOrderOfPackages) {
  EXPECT_EQ(find_environment_id(inputs(), std::vector{package("a"), package("b")}),
            find_environment_id(inputs(), std::vector{package("b"), package("a")}));
}

TEST(EnvironmentId, DependsOnAllThatMakesTheFileSystem) {
  const std::vector packages = {package("a")};
  std::set<EnvironmentId> ids = {find_environment_id(inputs(), packages)};
  EnvironmentInputs changed = inputs();
  changed.platform = "linux-aarch64";
  ids.insert(find_environment_id(changed, packages));
  changed = inputs();
  changed.base = Digest::of("base");
  ids.insert(find_environment_id(changed, packages));
  changed = inputs();
  changed.prefix = "/opt/env";
  ids.insert(find_environment_id(changed, packages));
  changed = inputs();
  changed.byte_code = false;
  ids.insert(find_environment_id(changed, packages));
  changed = inputs();
  changed.time = 1;
  ids.insert(find_environment_id(changed, packages));
  changed = inputs();
  changed.variables["A"] = "b";
  ids.insert(find_environment_id(changed, packages));
  std::vector other = {package("a")};
  other[0].sha256 = Digest::of("other");
  ids.insert(find_environment_id(inputs(), other));
  other = {package("a")};
  other[0].url += "x";
  ids.insert(find_environment_id(inputs(), other));
  EXPECT_EQ(ids.size(), 9U);
}

TEST(EnvironmentId, NeedsEveryDigest) {
  std::vector packages = {package("a")};
  packages[0].sha256.reset();
  EXPECT_THROW(find_environment_id(inputs(), packages), Error);
}

}  // namespace
}  // namespace kasane::builder
