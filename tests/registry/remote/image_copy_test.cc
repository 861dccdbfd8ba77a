#include "registry/image_copy.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "registry/layout_document.h"
#include "registry/open_image.h"
#include "registry/remote/remote_image.h"
#include "tests/support/registry_faults.h"
#include "tests/support/remote_world.h"
#include "tests/support/strict_registry.h"
#include "tests/support/temporary_directory.h"
#include "tests/support/test_image.h"

namespace kasane::registry {
namespace {

using testing::bytes_of;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using testing::RemoteWorld;
using testing::StrictRegistry;
using testing::TemporaryDirectory;
namespace fault = testing::fault;

const Credential kSomebody = Password{StrictRegistry::kUser, Secret(StrictRegistry::kPassword)};

RemoteImage image_of(RemoteWorld& world, const std::string& name) {
  return RemoteImage(world.client(name), std::nullopt);
}

Manifest put_signature(ImageTarget& target, const Manifest& subject) {
  testing::put_blob(target, kEmptyDocument);
  const Digest note = testing::put_blob(target, "signed");
  Manifest out = Manifest::make_artifact("application/vnd.test.note",
                                         {{"application/vnd.test.note", note, 6, {}}}, {},
                                         subject.descriptor());
  EXPECT_TRUE(target.publish_referrer(out));
  return out;
}

TEST(ImageCopy, WithinARegistryMountsAndSendsNothing) {
  StrictRegistry server({.auth = StrictRegistry::Auth::kBearer});
  RemoteWorld world(kSomebody);
  auto first = world.target(server.host() + "/one:1");
  const auto manifest =
      testing::put_image(first, {{bytes_of(5000), Codec::kNone}, {"small", Codec::kNone}}, {});
  const RemoteImage source = image_of(world, server.host() + "/one:1");
  auto second = world.target(server.host() + "/two:9");
  const CopyResult result = copy_image(source, second, {"extra"}, false);
  EXPECT_EQ(result.copied_bytes, 0U);
  EXPECT_EQ(second.traffic().uploaded_bytes, 0U);
  EXPECT_EQ(second.traffic().mounted_bytes, result.present_bytes);
  EXPECT_TRUE(second.was_mounted(manifest.layers[0].digest));
  EXPECT_EQ(server.find_manifest("two", "9"), manifest.text);
  EXPECT_EQ(server.find_manifest("two", "extra"), manifest.text);
  EXPECT_THAT(server.violations(), IsEmpty());
}

TEST(ImageCopy, BetweenRegistriesStreamsWhatIsMissing) {
  StrictRegistry from;
  StrictRegistry to;
  RemoteWorld world;
  auto first = world.target(from.host() + "/one:1");
  const auto manifest =
      testing::put_image(first, {{bytes_of(300'000), Codec::kNone}, {"small", Codec::kNone}}, {});
  to.put_blob("one", "small");
  auto target = world.target(to.host() + "/one:1");
  copy_image(image_of(world, from.host() + "/one:1"), target, {}, false);
  EXPECT_EQ(to.find_manifest("one", "1"), manifest.text);
  EXPECT_EQ(target.traffic().uploaded_bytes, 300'000 + manifest.config.size_bytes);
  EXPECT_THAT(to.log(), Not(Contains("PATCH /v2/one/blobs/uploads/")));
  EXPECT_THAT(to.violations(), IsEmpty());
}

TEST(ImageCopy, AgainAsksOnceForEachTag) {
  StrictRegistry server;
  RemoteWorld world;
  auto target = world.target(server.host() + "/one:1");
  testing::put_image(target, {{"tar", Codec::kNone}}, {"more"});
  const RemoteImage source = image_of(world, server.host() + "/one:1");
  const std::size_t before = server.requests();
  auto again = world.target(server.host() + "/one:1");
  copy_image(source, again, {"more"}, false);
  EXPECT_EQ(server.requests() - before, 2U);
  auto moved = world.target(server.host() + "/one:1");
  copy_image(source, moved, {"new"}, false);
  EXPECT_EQ(server.log().back(), "PUT /v2/one/manifests/new");
}

TEST(ImageCopy, TakesReferrersAlong) {
  for (const bool has_referrers : {true, false}) {
    SCOPED_TRACE(has_referrers);
    StrictRegistry from({.has_referrers = has_referrers});
    StrictRegistry to({.has_referrers = !has_referrers});
    RemoteWorld world;
    auto first = world.target(from.host() + "/one:1");
    const auto manifest = testing::put_image(first, {{"tar", Codec::kNone}}, {});
    const Manifest note = put_signature(first, manifest);

    TemporaryDirectory directory;
    PosixFileSystem files;
    const auto layout =
        ImageReference::oci_layout(directory / "layout", std::optional<std::string>("t"));
    const auto archive =
        ImageReference::parse("oci-archive:" + (directory / "a.tar").native() + ":t");
    auto on_disk = open_target(files, layout);
    EXPECT_EQ(copy_image(image_of(world, from.host() + "/one:1"), *on_disk, {}, true).referrers,
              1U);
    auto packed = open_target(files, archive);
    EXPECT_EQ(copy_image(*open_source(files, layout), *packed, {}, true).referrers, 1U);
    auto back = world.target(to.host() + "/two:1");
    EXPECT_EQ(copy_image(*open_source(files, archive), back, {}, true).referrers, 1U);

    EXPECT_EQ(to.find_manifest("two", "1"), manifest.text);
    const auto there = image_of(world, to.host() + "/two:1").read_referrers();
    ASSERT_EQ(there.size(), 1U);
    EXPECT_EQ(there[0].text, note.text);
    EXPECT_EQ(there[0].artifact_type, "application/vnd.test.note");
    EXPECT_THAT(to.violations(), IsEmpty());
  }
}

TEST(Referrers, UnderTheFallbackTagAllStay) {
  StrictRegistry server({.has_referrers = false});
  RemoteWorld world;
  auto target = world.target(server.host() + "/one:1");
  const auto manifest = testing::put_image(target, {{"tar", Codec::kNone}}, {});
  const auto client = world.client(server.host() + "/one");
  std::vector<Digest> digests;
  for (const char* note : {"a", "b", "c"}) {
    Manifest referrer = Manifest::make_artifact("application/vnd.test.note", {}, {{"n", note}},
                                                manifest.descriptor());
    testing::put_blob(target, kEmptyDocument);
    // Another one writes in between: what it wrote stays, and so does ours.
    if (std::string(note) == "c") {
      server.fail_at(server.requests() + 2, [&](const HttpCall&, const auto& serve) {
        const HttpReply reply = serve();
        const Manifest other = Manifest::make_artifact("application/vnd.test.note", {},
                                                       {{"n", "other"}}, manifest.descriptor());
        const std::string index = with_referrer(empty_layout_index(), other);
        server.put_manifest("one", "sha256-" + manifest.digest().hex(), index,
                            std::string(media_type::kIndex));
        digests = {other.digest()};
        return reply;
      });
    }
    target.publish_referrer(referrer);
    digests.push_back(referrer.digest());
  }
  std::vector<Digest> found;
  for (const auto& entry : client->fetch_referrers(manifest.digest()).entries) {
    found.push_back(entry.descriptor.digest);
  }
  EXPECT_THAT(found, ::testing::UnorderedElementsAreArray(digests));
}

TEST(BlobStream, EachRequestMayFailOnce) {
  const std::string bytes = bytes_of(200'000);
  const Descriptor blob{"application/octet-stream", Digest::of(bytes), bytes.size(), {}};
  const std::vector<std::pair<const char*, StrictRegistry::Fault>> faults = {
      {"reset", fault::reset()},           {"lost answer", fault::lost_answer()},
      {"truncation", fault::truncation()}, {"500", fault::status(500)},
      {"429", fault::status(429, "1")},    {"503", fault::status(503)},
  };
  for (const auto& [name, failure] : faults) {
    for (std::size_t i = 0; i < 3; ++i) {
      SCOPED_TRACE(fmt::format("{} at {}", name, i));
      StrictRegistry server({.auth = StrictRegistry::Auth::kBearer});
      server.fail_at(i, failure);
      RemoteWorld world(kSomebody);
      world.client(server.host() + "/app")->send_blob(blob, [&] {
        return std::make_unique<StringSource>(bytes);
      });
      EXPECT_EQ(server.find_blob("app", blob.digest), bytes);
      EXPECT_THAT(server.violations(), IsEmpty());
    }
  }
}

TEST(BlobStream, ABreakOfTheSourceIsNoBreakOfTheTarget) {
  class Broken final : public ByteSource {
   public:
    std::size_t read(std::span<char> buffer) override {
      if (given_) throw Error(ErrorKind::kNetwork, "the other side broke");
      given_ = true;
      buffer[0] = 'x';
      return 1;
    }

   private:
    bool given_ = false;
  };
  StrictRegistry server;
  RemoteWorld world;
  const Descriptor blob{"application/octet-stream", Digest::of("xyz"), 3, {}};
  try {
    world.client(server.host() + "/app")->send_blob(blob, [] {
      return std::make_unique<Broken>();
    });
    ADD_FAILURE();
  } catch (const Error& error) {
    EXPECT_EQ(error.message(), "the other side broke");
  }
  EXPECT_THAT(world.pauses, IsEmpty());
  EXPECT_EQ(server.find_blob("app", blob.digest), std::nullopt);
}

TEST(BlobStream, RefusesWhatHasAnotherDigest) {
  StrictRegistry server;
  RemoteWorld world;
  const Descriptor blob{"application/octet-stream", Digest::of("xyz"), 3, {}};
  try {
    world.client(server.host() + "/app")->send_blob(blob, [] {
      return std::make_unique<StringSource>("abc");
    });
    ADD_FAILURE();
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::kIntegrity);
    EXPECT_THAT(error.message(), HasSubstr("`DIGEST_INVALID`"));
  }
}

}  // namespace
}  // namespace kasane::registry
