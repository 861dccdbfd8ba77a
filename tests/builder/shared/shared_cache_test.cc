#include "builder/shared/shared_cache.h"

#include <algorithm>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "builder/image/build_report.h"
#include "registry/remote/remote_image.h"
#include "tests/support/build_world.h"
#include "tests/support/remote_world.h"
#include "tests/support/strict_registry.h"

namespace kasane::builder {
namespace {

using test::BuildWorld;
using test::CondaPackageBuilder;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::Field;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using testing::RemoteWorld;
using testing::StrictRegistry;
using Origin = LayerReport::Origin;

const registry::Credential kSomebody =
    registry::Password{StrictRegistry::kUser, Secret(StrictRegistry::kPassword)};

std::size_t count(const BuildReport& report, Origin origin) {
  return static_cast<std::size_t>(std::count_if(report.layers.begin(), report.layers.end(),
                                                [&](const auto& l) { return l.origin == origin; }));
}

/// A machine is a name of a cache directory; each build is a process of its own.
class SharedCacheTest : public ::testing::Test {
 protected:
  SharedCacheTest() {
    for (int i = 0; i < 8; ++i) add("p" + std::to_string(i), 3000);
  }
  resolver::LockedPackage& add(const std::string& name, std::size_t size) {
    CondaPackageBuilder builder(name, "1", "0");
    builder.add("lib/" + name, std::string(size, 'x') + name);
    packages_.push_back(world_.add(builder, name));
    return packages_.back();
  }
  BuildRequest request() const {
    auto out = BuildWorld::request_for(packages_);
    out.plan.layering.group_bytes = 8000;
    return out;
  }
  BuildReport push(StrictRegistry& server, const std::string& name, const std::string& machine,
                   bool shares = true) {
    const auto registries = remote_.registries(kSomebody);
    return world_.push(request(), *registries, server.host() + "/" + name, machine, shares);
  }

  BuildWorld world_;
  RemoteWorld remote_;
  std::vector<resolver::LockedPackage> packages_;
};

TEST_F(SharedCacheTest, AnEmptyDiskMountsWhatTheRegistryKnowsAndFetchesNothing) {
  StrictRegistry server({.auth = StrictRegistry::Auth::kBearer});
  const BuildReport first = push(server, "one:1", "a");
  EXPECT_GT(first.bytes_fetched, 0U);
  EXPECT_GE(count(first, Origin::kBuilt), 4U);
  EXPECT_THAT(first.warnings, IsEmpty());

  const BuildReport second = push(server, "two:1", "b");
  EXPECT_EQ(second.digest, first.digest);
  EXPECT_EQ(second.bytes_fetched, 0U);
  EXPECT_EQ(count(second, Origin::kMounted), first.layers.size() - 1);
  EXPECT_EQ(count(second, Origin::kBuilt), 1U) << "the environment's own layer";
  EXPECT_EQ(second.bytes_mounted, second.bytes_reused);
  EXPECT_LT(second.bytes_uploaded, 20'000U);
  EXPECT_THAT(server.violations(), IsEmpty());

  const BuildReport alone = push(server, "three:1", "c", false);
  EXPECT_GT(alone.bytes_fetched, 0U);
  EXPECT_EQ(alone.digest, first.digest);
}

TEST_F(SharedCacheTest, AnUnchangedImageTakesThreeRequestsOnAnyMachine) {
  StrictRegistry server({.auth = StrictRegistry::Auth::kBearer});
  const BuildReport first = push(server, "one:1", "a");
  for (const char* machine : {"a", "b"}) {
    const std::size_t before = server.requests();
    const BuildReport again = push(server, "one:1", machine);
    EXPECT_EQ(again.digest, first.digest);
    EXPECT_EQ(again.strategy_reason, kThereAlready);
    EXPECT_LE(server.requests() - before, 3U) << machine;
    EXPECT_EQ(again.bytes_uploaded, 0U);
    EXPECT_EQ(again.layers.size(), first.layers.size());
    for (std::size_t i = 0; i < first.layers.size(); ++i) {
      EXPECT_EQ(again.layers[i].descriptor.digest, first.layers[i].descriptor.digest);
      EXPECT_EQ(again.layers[i].diff_id, first.layers[i].diff_id);
      EXPECT_EQ(again.layers[i].packages, first.layers[i].packages);
      EXPECT_EQ(again.layers[i].key, first.layers[i].key);
      EXPECT_EQ(again.layers[i].kind, first.layers[i].kind);
    }
  }
}

TEST_F(SharedCacheTest, OneAddedPackageTakesSixRequestsAndThreeForEachNewLayer) {
  StrictRegistry server;
  push(server, "one:1", "a");
  add("added", 9000);
  const std::size_t before = server.requests();
  const auto registries = remote_.registries();
  const BuildReport report = world_.push(request(), *registries, server.host() + "/one:1", "a");
  const std::size_t built = count(report, Origin::kBuilt);
  EXPECT_EQ(built, 2U) << "its own layer and the environment's";
  std::string asked;
  const auto log = server.log();
  for (std::size_t i = before; i < log.size(); ++i) asked += log[i] + "\n";
  EXPECT_LE(log.size() - before, 6 + 3 * built) << asked;
  EXPECT_THAT(server.violations(), IsEmpty());
}

TEST_F(SharedCacheTest, FurtherTagsOfAnUnchangedImageAreWritten) {
  StrictRegistry server;
  const BuildReport first = push(server, "one:1", "a");
  auto wanted = request();
  wanted.tags = {"more"};
  const auto registries = remote_.registries();
  const BuildReport again = world_.push(wanted, *registries, server.host() + "/one:1", "a");
  EXPECT_EQ(again.strategy_reason, kThereAlready);
  EXPECT_EQ(server.find_manifest("one", "more"), server.find_manifest("one", "1"));
}

TEST_F(SharedCacheTest, WhatANewBuildNeedsComesFromSeveralRecords) {
  StrictRegistry server;
  const auto all = packages_;
  packages_.resize(4);
  push(server, "one:1", "a");
  packages_.assign(all.begin() + 4, all.end());
  push(server, "two:1", "b");
  packages_ = all;
  packages_.resize(7);
  const BuildReport report = push(server, "three:1", "c");
  EXPECT_EQ(report.bytes_fetched == 0, count(report, Origin::kBuilt) == 1U);
  EXPECT_GT(count(report, Origin::kMounted), 0U);
  EXPECT_THAT(server.violations(), IsEmpty());
}

TEST_F(SharedCacheTest, TroubleWithItIsAWarning) {
  StrictRegistry server(
      {.auth = StrictRegistry::Auth::kBearer, .read_only = {SharedCache::kRepository}});
  const BuildReport report = push(server, "one:1", "a");
  EXPECT_TRUE(server.find_manifest("one", "1").has_value());
  ASSERT_EQ(report.warnings.size(), 1U);
  EXPECT_EQ(report.warnings[0].code, "remote-cache");
  EXPECT_THAT(report.warnings[0].message,
              AllOf(HasSubstr("the registry's `kasane/cache` cannot be written"),
                    HasSubstr("answered 403: `DENIED`")));
  EXPECT_THAT(server.violations(), IsEmpty());
}

TEST_F(SharedCacheTest, ADamagedListIsAWarning) {
  StrictRegistry server;
  push(server, "one:1", "a");
  const auto log = server.log();
  const std::string tag = log.back().substr(log.back().rfind('/') + 1);
  for (const std::string& text :
       {std::string("no json"), std::string(R"({"schemaVersion":2})"),
        registry::Manifest::make_artifact(
            "x",
            {{"application/vnd.kasane.cache-record.v1+zstd",
              Digest::of("zzz"),
              3,
              {{"io.kasane.cache.topics", SharedCache::topic(*packages_[0].sha256)}}}},
            {})
            .text}) {
    server.put_manifest(SharedCache::kRepository, tag, text,
                        "application/vnd.oci.image.manifest.v1+json");
    server.put_blob(SharedCache::kRepository, "zzz");
    const BuildReport report =
        push(server, "new" + std::to_string(text.size()) + ":1", "m" + std::to_string(text.size()));
    ASSERT_EQ(report.warnings.size(), 1U);
    EXPECT_EQ(report.warnings[0].code, "remote-cache");
  }
}

TEST_F(SharedCacheTest, AHintThatIsNoLongerTrueCostsABuild) {
  StrictRegistry server;
  const BuildReport first = push(server, "one:1", "a");
  for (const LayerReport& layer : first.layers) server.lose_blob("one", layer.descriptor.digest);
  const BuildReport second = push(server, "two:1", "b");
  EXPECT_EQ(second.digest, first.digest);
  EXPECT_EQ(count(second, Origin::kBuilt), first.layers.size());
  EXPECT_THAT(server.violations(), IsEmpty());
}

TEST_F(SharedCacheTest, ARegistryThatLostABlobOfItsImageGetsItAgain) {
  StrictRegistry server;
  const BuildReport first = push(server, "one:1", "a");
  server.lose_blob("one", first.layers[0].descriptor.digest);
  add("added", 9000);
  const BuildReport second = push(server, "one:1", "a");
  EXPECT_TRUE(server.find_manifest("one", second.digest).has_value());
  EXPECT_TRUE(server.find_blob("one", first.layers[0].descriptor.digest).has_value());
  EXPECT_THAT(server.violations(), IsEmpty());
}

TEST_F(SharedCacheTest, APushThatBrokeGoesOnWithWhatIsMissing) {
  StrictRegistry server;
  server.intercept([](const HttpCall& call, const auto& serve) {
    const bool manifest =
        call.method == "PUT" && call.path().find("/manifests/") != std::string::npos;
    return manifest ? HttpReply::of(403) : serve();
  });
  EXPECT_THROW(push(server, "one:1", "a"), Error);
  server.intercept({});
  const BuildReport report = push(server, "one:1", "a");
  EXPECT_EQ(count(report, Origin::kBuilt), 1U);
  EXPECT_EQ(count(report, Origin::kReused), report.layers.size() - 1);
  EXPECT_LT(report.bytes_uploaded, 20'000U);
}

TEST_F(SharedCacheTest, WritersAtTheSameTimeLoseAHintAtMost) {
  StrictRegistry server;
  const auto registries = remote_.registries();
  const auto cache = [&] {
    return SharedCache(*registries, server.host(), "linux-64", "/azureml-envs/kasane");
  };
  const auto record = [](const std::string& name) { return CacheRecord{name, {{name, "v"}}, {}}; };
  SharedCache one = cache();
  SharedCache two = cache();
  EXPECT_THAT(one.fetch({"aaaaaaaaaaaa"}), IsEmpty());
  EXPECT_THAT(two.fetch({"aaaaaaaaaaaa"}), IsEmpty());
  one.add(record("one"), {"aaaaaaaaaaaa"});
  two.add(record("two"), {"bbbbbbbbbbbb"});
  EXPECT_THAT(cache().fetch({"aaaaaaaaaaaa"}), IsEmpty());
  EXPECT_THAT(cache().fetch({"bbbbbbbbbbbb"}), ElementsAre(record("two")));
  SharedCache later = cache();
  later.add(record("three"), {"aaaaaaaaaaaa", "cccccccccccc"});
  EXPECT_THAT(cache().fetch({"aaaaaaaaaaaa", "bbbbbbbbbbbb", "cccccccccccc"}),
              ElementsAre(record("three"), record("two")));
  EXPECT_THAT(server.violations(), IsEmpty());
}

}  // namespace
}  // namespace kasane::builder
