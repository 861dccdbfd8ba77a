#include "tests/support/azure_registry.h"

#include <atomic>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "registry/remote/remote_image.h"
#include "registry/remote/remote_target.h"
#include "tests/support/remote_world.h"
#include "tests/support/test_image.h"

namespace kasane::registry {
namespace {

using testing::AzureRegistry;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using testing::RemoteWorld;
using testing::StrictRegistry;

const Credential kEntra =
    AzureToken{Secret(StrictRegistry::kAzureToken), std::optional<std::string>("tenant")};

/// Pauses of the client move the registry's clock, and cost no time.
struct Time {
  std::atomic<std::int64_t> milliseconds = 0;
  AzureRegistry::Now clock() {
    return [this] {
      return std::chrono::steady_clock::time_point(std::chrono::milliseconds(milliseconds));
    };
  }
  RetryOptions retry() {
    return {.pause = [this](std::chrono::milliseconds time) { milliseconds += time.count(); },
            .random = [] { return 1.0; }};
  }
};

TEST(AzureRegistry, TakesAndGivesImages) {
  Time time;
  AzureRegistry server({}, time.clock());
  RemoteWorld world(kEntra);
  auto target = world.target(server.host() + "/azureml/app:1");
  const auto manifest =
      testing::put_image(target, {{"one", Codec::kNone}, {std::string(5000, 'x'), Codec::kNone}});
  const RemoteImage image(world.client(server.host() + "/azureml/app:1"), std::nullopt);
  EXPECT_EQ(image.manifest().text, manifest.text);
  EXPECT_EQ(read_all(*image.open_blob(manifest.layers[0]), 100, "x"), "one");
  EXPECT_THAT(server.registry().violations(), IsEmpty());
}

TEST(AzureRegistry, ItsLimitOfWritesIsWaitedFor) {
  Time time;
  AzureRegistry server({.writes_a_minute = 12}, time.clock());
  RemoteWorld world(kEntra);
  RemoteTarget target(std::make_unique<Client>(
      *world.http, world.authenticator, RegistryReference::parse(server.host() + "/app:1"),
      RemoteOptions{.retry = time.retry()}, Client::Purpose::kWrite));
  std::vector<testing::TestLayer> layers;
  for (int i = 0; i < 10; ++i) layers.push_back({"layer " + std::to_string(i), Codec::kNone});
  testing::put_image(target, layers);
  EXPECT_GT(server.refused_writes(), 0U);
  EXPECT_GE(time.milliseconds, 60'000);
  EXPECT_LE(time.milliseconds, 180'000);
  EXPECT_THAT(server.registry().violations(), IsEmpty());
}

TEST(AzureRegistry, WhatWasSoftlyDeletedIsToBeRestored) {
  Time time;
  AzureRegistry server({.soft_delete = true}, time.clock());
  RemoteWorld world(kEntra);
  auto target = world.target(server.host() + "/app:1");
  const auto manifest = testing::put_image(target, {{"one", Codec::kNone}});
  EXPECT_TRUE(world.client(server.host() + "/app")->delete_manifest(manifest.digest()));
  auto again = world.target(server.host() + "/app:1");
  try {
    testing::put_image(again, {{"one", Codec::kNone}});
    ADD_FAILURE();
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::kRefused);
    EXPECT_THAT(error.message(), HasSubstr("soft delete keeps its digest from being pushed again"));
    EXPECT_THAT(error.hint_text(), HasSubstr("az acr manifest restore"));
    EXPECT_THAT(error.hint_text(), HasSubstr(manifest.digest().render()));
  }
}

TEST(AzureRegistry, PermissionsAreThoseOfTheRepository) {
  // The token is for less than was asked for, or the registry refuses what it is used for.
  for (const bool tokens_tell_rights : {true, false}) {
    SCOPED_TRACE(tokens_tell_rights);
    Time time;
    AzureRegistry server({.registry = {.auth = StrictRegistry::Auth::kAzure,
                                       .read_only = {"theirs"},
                                       .tokens_tell_rights = tokens_tell_rights}},
                         time.clock());
    RemoteWorld world(kEntra);
    server.registry().put_blob("theirs", "bytes");
    const auto ours = world.client(server.host() + "/ours");
    const auto theirs = world.client(server.host() + "/theirs");
    EXPECT_TRUE(ours->may_write());
    EXPECT_FALSE(theirs->may_write());
    EXPECT_TRUE(theirs->has_blob(Digest::of("bytes"), 5));
    EXPECT_TRUE(ours->mount_blob(Digest::of("bytes"), "theirs"));
    auto target = world.target(server.host() + "/theirs:1");
    const Error error = testing::error_of([&] { testing::put_image(target, {{"one"}}); });
    EXPECT_EQ(error.kind(), ErrorKind::kRefused);
    EXPECT_EQ(error.hint_text(), "ask for the permission `repository:theirs:pull,push`");
    EXPECT_THAT(server.registry().violations(), IsEmpty());
  }
}

}  // namespace
}  // namespace kasane::registry
