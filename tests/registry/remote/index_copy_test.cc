#include <fmt/format.h>
#include <fmt/ranges.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "registry/image_copy.h"
#include "registry/open_image.h"
#include "registry/remote/remote_image.h"
#include "registry/remote/remote_index.h"
#include "tests/support/remote_world.h"
#include "tests/support/strict_registry.h"
#include "tests/support/temporary_directory.h"
#include "tests/support/test_image.h"

namespace kasane::registry {
namespace {

using testing::bytes_of;
using testing::error_of;
using ::testing::IsEmpty;
using testing::RemoteWorld;
using testing::StrictRegistry;
using testing::TemporaryDirectory;

std::string entry(const Manifest& manifest, std::string_view rest) {
  return fmt::format(R"({{"mediaType":"{}","digest":"{}","size":{}{}}})", manifest.media_type,
                     manifest.digest().render(), manifest.text.size(), rest);
}

std::string index_of(const std::vector<std::string>& entries) {
  return fmt::format(R"({{"schemaVersion":2,"mediaType":"{}","manifests":[{}]}})",
                     media_type::kIndex, fmt::join(entries, ","));
}

/// An index `app:many`: two images that share a layer, what tells how one was made, and an index
/// within.
struct ManyImages {
  explicit ManyImages(RemoteWorld& world) {
    auto target = world.target(server.host() + "/app:amd");
    const testing::TestLayer shared{bytes_of(3000), Codec::kNone};
    const Manifest amd = testing::put_image(target, {shared, {"amd", Codec::kNone}}, {}, "amd");
    auto other = world.target(server.host() + "/app:arm");
    const Manifest arm = testing::put_image(other, {shared, {"arm", Codec::kNone}}, {}, "arm");
    testing::put_blob(target, kEmptyDocument);
    const Digest statement = testing::put_blob(target, "statement");
    const Manifest made = Manifest::make_artifact(
        "application/vnd.in-toto+json", {{"application/vnd.in-toto+json", statement, 9, {}}}, {});
    world.client(server.host() + "/app")
        ->put_manifest(made.digest().render(), {made.text, made.media_type});
    const Manifest note =
        Manifest::make_artifact("application/vnd.test.note", {}, {{"n", "x"}}, arm.descriptor());
    target.publish_referrer(note);
    inner = index_of({entry(arm, R"(,"platform":{"os":"linux","architecture":"arm64"})")});
    server.put_manifest("app", "inner", inner, std::string(media_type::kIndex));
    outer = index_of({entry(amd, R"(,"platform":{"os":"linux","architecture":"amd64"})"),
                      entry(made, R"(,"platform":{"os":"unknown","architecture":"unknown"})"),
                      fmt::format(R"({{"mediaType":"{}","digest":"{}","size":{}}})",
                                  media_type::kIndex, Digest::of(inner).render(), inner.size())});
    server.put_manifest("app", "many", outer, std::string(media_type::kIndex));
    manifests = {arm, made, note};
  }
  const Manifest& arm() const { return manifests[0]; }
  const Manifest& made() const { return manifests[1]; }
  const Manifest& note() const { return manifests[2]; }
  std::string name() const { return server.host() + "/app:many"; }

  StrictRegistry server;
  std::vector<Manifest> manifests;
  std::string inner, outer;
};

TEST(IndexCopy, TakesAllThatIsNamedThroughAllKindsOfPlaces) {
  RemoteWorld world;
  const ManyImages source(world);
  StrictRegistry to;
  TemporaryDirectory directory;
  PosixFileSystem files;
  const auto layout = ImageReference::oci_layout(directory / "layout", std::string("t"));
  const auto archive =
      ImageReference::parse("oci-archive:" + (directory / "a.tar").native() + ":t");

  const auto first = RemoteIndex::find(world.client(source.name()));
  ASSERT_NE(first, nullptr);
  const auto on_disk = open_target(files, layout);
  const CopyResult copied = copy_index(*first, *on_disk, {}, true);
  EXPECT_EQ(copied.manifests, 3U);
  EXPECT_EQ(copied.referrers, 1U);
  const auto second = open_index(files, layout);
  ASSERT_NE(second, nullptr);
  const auto packed = open_target(files, archive);
  EXPECT_EQ(copy_index(*second, *packed, {}, true).referrers, 1U);
  const auto third = open_index(files, archive);
  ASSERT_NE(third, nullptr);
  auto back = world.target(to.host() + "/back:1");
  copy_index(*third, back, {"more"}, true);

  EXPECT_EQ(to.find_manifest("back", "1"), source.outer);
  EXPECT_EQ(to.find_manifest("back", "more"), source.outer);
  EXPECT_EQ(to.find_manifest("back", Digest::of(source.inner).render()), source.inner);
  EXPECT_EQ(to.find_manifest("back", source.made().digest().render()), source.made().text);
  EXPECT_EQ(to.find_manifest("back", source.note().digest().render()), source.note().text);
  const RemoteImage arm(world.client(to.host() + "/back@" + Digest::of(source.inner).render()),
                        std::nullopt);
  EXPECT_EQ(arm.manifest().text, source.arm().text);
  EXPECT_EQ(arm.read_referrers().size(), 1U);
  EXPECT_THAT(source.server.violations(), IsEmpty());
  EXPECT_THAT(to.violations(), IsEmpty());
}

TEST(IndexCopy, AgainSendsNothing) {
  RemoteWorld world;
  const ManyImages source(world);
  StrictRegistry to;
  for (int round = 0; round < 2; ++round) {
    const auto index = RemoteIndex::find(world.client(source.name()));
    auto target = world.target(to.host() + "/app:1");
    const std::size_t before = to.requests();
    copy_index(*index, target, {}, false);
    if (round == 0) continue;
    EXPECT_EQ(target.traffic().uploaded_bytes, 0U);
    const auto log = to.log();
    for (std::size_t i = before; i < log.size(); ++i) {
      EXPECT_TRUE(log[i].starts_with("HEAD ") || log[i].starts_with("GET ")) << log[i];
    }
  }
  EXPECT_THAT(to.violations(), IsEmpty());
}

TEST(IndexCopy, ASingleImageIsNoIndex) {
  RemoteWorld world;
  const ManyImages source(world);
  EXPECT_EQ(RemoteIndex::find(world.client(source.server.host() + "/app:amd")), nullptr);
  EXPECT_EQ(error_of([&] {
              RemoteIndex::find(world.client(source.server.host() + "/app:none"));
            }).message(),
            "there is no `none` in the repository");
}

TEST(IndexCopy, DockersArchivesHoldOneImage) {
  RemoteWorld world;
  const ManyImages source(world);
  TemporaryDirectory directory;
  PosixFileSystem files;
  const std::string name = "docker-archive:" + (directory / "a.tar").native() + ":x:y";
  const auto target = open_target(files, ImageReference::parse(name));
  const auto index = RemoteIndex::find(world.client(source.name()));
  const Error error = error_of([&] { copy_index(*index, *target, {}, false); });
  EXPECT_EQ(error.kind(), ErrorKind::kUsage);
  EXPECT_EQ(error.message(),
            "`" + target->reference() + "` can hold one image, not one for several platforms");
}

TEST(IndexCopy, WhatIsNamedButMissingIsTold) {
  RemoteWorld world;
  ManyImages source(world);
  EXPECT_TRUE(world.client(source.server.host() + "/app")->delete_manifest(source.made().digest()));
  StrictRegistry to;
  auto target = world.target(to.host() + "/app:1");
  const auto index = RemoteIndex::find(world.client(source.name()));
  const Error error = error_of([&] { copy_index(*index, target, {}, false); });
  EXPECT_EQ(error.message(),
            "there is no `" + source.made().digest().render() + "` in the repository");
  EXPECT_EQ(to.manifests("app"), 0U);
}

}  // namespace
}  // namespace kasane::registry
