#include "registry/remote/remote_target.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "registry/remote/remote_image.h"
#include "tests/support/registry_faults.h"
#include "tests/support/remote_world.h"
#include "tests/support/strict_registry.h"
#include "tests/support/test_image.h"

namespace kasane::registry {
namespace {

using testing::bytes_of;
using testing::error_of;
using ::testing::IsEmpty;
using testing::RemoteWorld;
using testing::StrictRegistry;
namespace fault = testing::fault;

Descriptor layer(std::string_view bytes) {
  return {std::string(media_type::kLayerTar), Digest::of(bytes), bytes.size(), {}};
}

TEST(RemoteTarget, WhatItPublishesIsReadBack) {
  for (const auto auth :
       {StrictRegistry::Auth::kNone, StrictRegistry::Auth::kBasic, StrictRegistry::Auth::kBearer}) {
    StrictRegistry server({.auth = auth, .redirects_blobs = true});
    RemoteWorld world(Password{StrictRegistry::kUser, Secret(StrictRegistry::kPassword)});
    auto target = world.target(server.host() + "/app:1");
    EXPECT_EQ(target.find_current(), std::nullopt);
    const auto manifest = testing::put_image(
        target, {{"first tar", Codec::kNone}, {bytes_of(3000), Codec::kNone}}, {"latest"});
    const RemoteImage image(world.client(server.host() + "/app"), Platform::parse("linux/amd64"));
    EXPECT_EQ(image.manifest().digest(), manifest.digest());
    EXPECT_EQ(read_all(*image.open_blob(image.manifest().layers[1]), 1 << 20, "x"), bytes_of(3000));
    EXPECT_EQ(target.find_current()->digest(), manifest.digest());
    EXPECT_EQ(target.known_layers().size(), 2U);
    EXPECT_THAT(server.violations(), IsEmpty());
    const Error wrong = error_of(
        [&] { RemoteImage(world.client(server.host() + "/app"), Platform::parse("linux/arm64")); });
    EXPECT_EQ(wrong.message(),
              "expected an image for `linux/arm64`, this one is for `linux/amd64`");
  }
}

TEST(RemoteTarget, WritesNoManifestWhoseBlobsAreMissing) {
  StrictRegistry server;
  RemoteWorld world;
  auto target = world.target(server.host() + "/app");
  const auto manifest = Manifest::make(
      {std::string(media_type::kConfig), Digest::of("config"), 6, {}}, {layer("absent")}, {});
  EXPECT_EQ(error_of([&] { target.publish(manifest, {}); }).kind(), ErrorKind::kIntegrity);
  EXPECT_EQ(server.manifests("app"), 0U);
  EXPECT_THAT(server.violations(), IsEmpty());
}

TEST(RemoteTarget, AsksNoMoreThanItMust) {
  StrictRegistry server({.auth = StrictRegistry::Auth::kBearer});
  const Credential somebody = Password{StrictRegistry::kUser, Secret(StrictRegistry::kPassword)};
  RemoteWorld first(somebody);
  auto target = first.target(server.host() + "/app:1");
  const auto manifest = testing::put_image(target, {{"tar", Codec::kNone}});
  // The challenge, three for the layer and three for the configuration, one for the manifest.
  EXPECT_EQ(server.requests(), 8U);
  EXPECT_EQ(server.token_requests(), 1U);

  RemoteWorld second(somebody);
  const auto client = second.client(server.host() + "/app");
  EXPECT_EQ(client->find_descriptor("1")->digest, manifest.digest());
  EXPECT_EQ(server.requests(), 10U);

  auto more = second.target(server.host() + "/app:2");
  EXPECT_TRUE(more.has_blob(manifest.layers[0].digest, manifest.layers[0].size_bytes));
  testing::put_image(more, {{"tar", Codec::kNone}, {"another", Codec::kNone}});
  // One for the layer that is there, by which it is also not sent again.
  EXPECT_EQ(server.requests(), 10U + 1 + 3 + 3 + 1);
  EXPECT_EQ(server.token_requests(), 2U);
}

TEST(RemoteTarget, KnowsNoLayersOfAnImageThatCannotBeRead) {
  StrictRegistry server;
  RemoteWorld world;
  const auto manifest = Manifest::make(
      {std::string(media_type::kConfig), Digest::of("lost"), 4, {}}, {layer("one")}, {});
  server.put_manifest("app", "lost", manifest.text, manifest.media_type);
  EXPECT_THAT(world.target(server.host() + "/app:lost").known_layers(), IsEmpty());
  server.put_blob("app", "lost");
  EXPECT_THAT(world.target(server.host() + "/app:lost").known_layers(), IsEmpty());
  EXPECT_THAT(world.target(server.host() + "/app:none").known_layers(), IsEmpty());
  for (std::size_t i = 0; i < 20; ++i) server.fail_at(server.requests() + i, fault::status(500));
  EXPECT_EQ(error_of([&] { world.target(server.host() + "/app:lost").known_layers(); }).kind(),
            ErrorKind::kNetwork);
}

TEST(RemoteTarget, RefusesAnotherImageUnderADigest) {
  StrictRegistry server;
  RemoteWorld world;
  auto target = world.target(server.host() + "/app@" + Digest::of("x").render());
  EXPECT_EQ(error_of([&] {
              testing::put_image(target, {{"tar", Codec::kNone}});
            }).kind(),
            ErrorKind::kRefused);
  EXPECT_EQ(server.manifests("app"), 0U);
}

TEST(RemoteImage, ChoosesByPlatformAndChecksDigests) {
  StrictRegistry server;
  RemoteWorld world;
  auto target = world.target(server.host() + "/app:amd");
  const auto manifest = testing::put_image(target, {{"tar", Codec::kNone}});
  const std::string index = fmt::format(
      R"({{"schemaVersion":2,"mediaType":"{0}","manifests":[{{"mediaType":"{1}","digest":"{2}",)"
      R"("size":{3},"platform":{{"os":"linux","architecture":"amd64"}}}},{{"mediaType":"{1}",)"
      R"("digest":"{4}","size":3,"platform":{{"os":"linux","architecture":"arm64"}}}}]}})",
      media_type::kIndex, media_type::kManifest, manifest.digest().render(), manifest.text.size(),
      Digest::of("arm").render());
  server.put_manifest("app", "many", index, std::string(media_type::kIndex));
  const std::string name = server.host() + "/app:many";
  EXPECT_EQ(RemoteImage(world.client(name), Platform::parse("linux/amd64")).manifest().digest(),
            manifest.digest());
  EXPECT_EQ(error_of([&] { RemoteImage(world.client(name), std::nullopt); }).message(),
            "there are several images, for `linux/amd64`, `linux/arm64`");
  const Error missing =
      error_of([&] { RemoteImage(world.client(name), Platform::parse("linux/arm64")); });
  EXPECT_EQ(missing.message(),
            "there is no `" + Digest::of("arm").render() + "` in the repository");
  server.fail_at(server.requests(), [&](const HttpCall&, const auto& serve) {
    HttpReply reply = serve();
    reply.body += " ";
    return reply;
  });
  EXPECT_EQ(
      error_of([&] { RemoteImage(world.client(name), Platform::parse("linux/amd64")); }).kind(),
      ErrorKind::kIntegrity);
}

}  // namespace
}  // namespace kasane::registry
