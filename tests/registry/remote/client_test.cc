#include "registry/remote/client.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "tests/support/registry_faults.h"
#include "tests/support/remote_world.h"
#include "tests/support/strict_registry.h"
#include "tests/support/test_image.h"

namespace kasane::registry {
namespace {

using ::testing::ElementsAre;
using testing::error_of;
using ::testing::IsEmpty;
using testing::RemoteWorld;
using testing::StrictRegistry;
namespace fault = testing::fault;

TEST(Client, WaitsAsLongAsTheRegistryAsks) {
  StrictRegistry server;
  server.fail_at(0, fault::status(429, "7"));
  server.fail_at(1, [](const HttpCall&, const auto&) {
    return HttpReply::of(503)
        .with("Date", "Fri, 31 Dec 1999 23:59:50 GMT")
        .with("Retry-After", "Sat, 01 Jan 2000 00:00:01 GMT");
  });
  server.fail_at(2, fault::status(500));
  RemoteWorld world;
  EXPECT_FALSE(world.client(server.host() + "/app")->find_manifest("1").has_value());
  using std::chrono::milliseconds;
  EXPECT_THAT(world.pauses,
              ElementsAre(milliseconds(7300), milliseconds(11600), milliseconds(1200)));
}

TEST(Client, DoesNotRepeatWhatWillNotPass) {
  for (const int status : {400, 403, 405, 418}) {
    StrictRegistry server;
    server.fail_at(0, fault::status(status));
    RemoteWorld world;
    const Error error = error_of([&] { world.client(server.host() + "/app")->find_manifest("1"); });
    EXPECT_EQ(error.message(), fmt::format("`GET http://{}/v2/app/manifests/1` answered {}: "
                                           "`ON_CUE`",
                                           server.host(), status));
    EXPECT_EQ(server.requests(), 1U);
  }
}

TEST(Client, ListsTagsPageByPage) {
  StrictRegistry server({.page_size = 7});
  std::vector<std::string> expected;
  for (int i = 0; i < 100; ++i) {
    expected.push_back(fmt::format("t{:03}", i));
    server.put_manifest("app", expected.back(), "{}", "x");
  }
  RemoteWorld world;
  EXPECT_EQ(world.client(server.host() + "/app")->fetch_tags(), expected);
  EXPECT_EQ(server.requests(), 15U);
  EXPECT_THAT(world.client(server.host() + "/none")->fetch_tags(), IsEmpty());
}

TEST(Client, AListThatTurnsInCirclesOrLeavesIsRefused) {
  StrictRegistry server;
  RemoteWorld world;
  const auto client = world.client(server.host() + "/app");
  const auto link = [&](const std::string& target) {
    return [target](const HttpCall&, const auto&) {
      return HttpReply::of(200, R"({"tags":["a"]})").with("Link", "<" + target + ">; rel=\"next\"");
    };
  };
  server.fail_at(0, link("/v2/app/tags/list?n=1000"));
  EXPECT_EQ(error_of([&] { client->fetch_tags(); }).kind(), ErrorKind::kNetwork);
  server.fail_at(1, link("https://evil.example/"));
  EXPECT_EQ(error_of([&] { client->fetch_tags(); }).kind(), ErrorKind::kRefused);
}

TEST(Client, ReadsReferrersAlsoByTheFallbackTag) {
  const Digest subject = Digest::of("subject");
  const std::string index = fmt::format(
      R"({{"schemaVersion":2,"mediaType":"{0}","manifests":[{{"mediaType":"{1}","digest":"{2}",)"
      R"("size":3,"artifactType":"application/x"}}]}})",
      media_type::kIndex, media_type::kManifest, Digest::of("one").render());
  StrictRegistry server({.has_referrers = false});
  RemoteWorld world;
  const auto client = world.client(server.host() + "/app");
  EXPECT_THAT(client->fetch_referrers(subject).entries, IsEmpty());
  server.put_manifest("app", "sha256-" + subject.hex(), index, std::string(media_type::kIndex));
  ASSERT_EQ(client->fetch_referrers(subject).entries.size(), 1U);
  EXPECT_EQ(client->fetch_referrers(subject).entries[0].descriptor.digest, Digest::of("one"));
  StrictRegistry modern;
  EXPECT_THAT(world.client(modern.host() + "/app")->fetch_referrers(subject).entries, IsEmpty());
  EXPECT_EQ(modern.requests(), 1U);
}

TEST(Client, DeletesManifestsAndTags) {
  StrictRegistry server({.auth = StrictRegistry::Auth::kBearer});
  RemoteWorld world(Password{StrictRegistry::kUser, Secret(StrictRegistry::kPassword)});
  auto target = world.target(server.host() + "/app");
  const auto manifest = testing::put_image(target, {{"tar", Codec::kNone}}, {"a", "b"});
  const auto client = world.client(server.host() + "/app");
  EXPECT_TRUE(client->delete_tag("a"));
  EXPECT_EQ(client->find_manifest("a"), std::nullopt);
  EXPECT_TRUE(client->find_descriptor("b").has_value());
  EXPECT_TRUE(client->delete_manifest(manifest.digest()));
  EXPECT_FALSE(client->delete_manifest(manifest.digest()));
  EXPECT_EQ(client->find_descriptor("b"), std::nullopt);
}

TEST(Client, SpeaksHttpsToWhatIsNotThisMachine) {
  class Noting final : public HttpClient {
   public:
    HttpResponse send(const HttpRequest& request, ByteSink&,
                      const std::function<void(const HttpResponse&)>&) override {
      urls.push_back(request.url);
      return {.status = 404, .headers = {}, .final_url = request.url};
    }
    std::vector<std::string> urls;
  } http;
  RemoteWorld world;
  const std::vector<std::pair<const char*, const char*>> cases = {
      {"registry.example:5000/app:1", "https://registry.example:5000/v2/app/manifests/1"},
      {"open.example/app:1", "http://open.example/v2/app/manifests/1"},
      {"localhost:5000/app:1", "http://localhost:5000/v2/app/manifests/1"},
      {"127.0.0.1/app:1", "http://127.0.0.1/v2/app/manifests/1"},
      {"[::1]:5000/app:1", "http://[::1]:5000/v2/app/manifests/1"},
      {"debian:12", "https://registry-1.docker.io/v2/library/debian/manifests/12"},
  };
  for (const auto& [name, url] : cases) {
    const auto reference = RegistryReference::parse(name);
    const Client client(http, world.authenticator, reference,
                        {.retry = world.retry(), .insecure_hosts = {"open.example"}});
    EXPECT_EQ(client.find_manifest(*reference.tag()), std::nullopt);
    EXPECT_EQ(http.urls.back(), url);
  }
}

TEST(Client, WhatIsDeletedLeavesTheFallbackTagAndTheOthersStay) {
  StrictRegistry server({.has_referrers = false});
  RemoteWorld world;
  auto target = world.target(server.host() + "/app:1");
  const auto manifest = testing::put_image(target, {{"tar", Codec::kNone}});
  testing::put_blob(target, kEmptyDocument);
  std::vector<Manifest> notes;
  for (const char* note : {"a", "b", "c"}) {
    notes.push_back(Manifest::make_artifact("application/vnd.test.note", {}, {{"n", note}},
                                            manifest.descriptor()));
    target.publish_referrer(notes.back());
  }
  const auto client = world.client(server.host() + "/app");
  const auto left = [&] {
    std::vector<Digest> out;
    for (const auto& entry : client->fetch_referrers(manifest.digest()).entries) {
      out.push_back(entry.descriptor.digest);
    }
    return out;
  };
  EXPECT_TRUE(client->delete_manifest(notes[1].digest()));
  EXPECT_THAT(left(), ElementsAre(notes[0].digest(), notes[2].digest()));
  // Another one puts the old list back in between: reading it, deleting, reading, reading, writing.
  const std::string tag = "sha256-" + manifest.digest().hex();
  const std::string old = *server.find_manifest("app", tag);
  server.fail_at(server.requests() + 4, [&](const HttpCall&, const auto& serve) {
    const HttpReply reply = serve();
    server.put_manifest("app", tag, old, std::string(media_type::kIndex));
    return reply;
  });
  EXPECT_TRUE(client->delete_manifest(notes[0].digest()));
  EXPECT_THAT(left(), ElementsAre(notes[2].digest()));
  EXPECT_TRUE(client->delete_manifest(notes[2].digest()));
  EXPECT_THAT(left(), IsEmpty());
  EXPECT_THAT(server.violations(), IsEmpty());
}

TEST(Client, ALackOfRightsIsNoLackOfALogin) {
  StrictRegistry server(
      {.auth = StrictRegistry::Auth::kBearer, .read_only = {"theirs"}, .tokens_tell_rights = true});
  RemoteWorld world(Password{StrictRegistry::kUser, Secret(StrictRegistry::kPassword)});
  const auto client = world.client(server.host() + "/theirs");
  EXPECT_EQ(client->find_manifest("1"), std::nullopt);
  EXPECT_FALSE(client->may_write());
  const Error error = error_of([&] { client->put_manifest("1", {"{}", "x/y"}); });
  EXPECT_EQ(error.kind(), ErrorKind::kRefused);
  EXPECT_EQ(error.hint_text(), "ask for the permission `repository:theirs:pull,push`");
  EXPECT_THAT(server.violations(), IsEmpty());
}

TEST(Client, AnAnswerThatDoesNotComeIsGivenUp) {
  StrictRegistry server;
  for (std::size_t i = 0; i < 4; ++i) server.fail_at(i, fault::late(std::chrono::seconds(2)));
  RemoteWorld world;
  world.answer_timeout = std::chrono::milliseconds(20);
  const Error error = error_of([&] { world.client(server.host() + "/app")->find_manifest("1"); });
  EXPECT_EQ(error.kind(), ErrorKind::kNetwork);
  EXPECT_THAT(error.contexts(), ElementsAre("after 4 attempts"));
  EXPECT_EQ(world.pauses.size(), 3U);
}

}  // namespace
}  // namespace kasane::registry
