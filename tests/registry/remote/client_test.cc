#include "registry/remote/client.h"

#include <mutex>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "registry/remote/remote_image.h"
#include "registry/remote/remote_target.h"
#include "tests/support/remote_world.h"
#include "tests/support/strict_registry.h"
#include "tests/support/test_image.h"

namespace kasane::registry {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using testing::RemoteWorld;
using testing::StrictRegistry;
namespace fault = testing::fault;

std::string bytes_of(std::size_t size) {
  std::string out;
  for (unsigned i = 0; out.size() < size; ++i) out += std::to_string(i * 7919);
  out.resize(size);
  return out;
}

Descriptor layer(std::string_view bytes) {
  return {std::string(media_type::kLayerTar), Digest::of(bytes), bytes.size(), {}};
}

template <class Body>
Error error_of(Body&& body) {
  try {
    body();
  } catch (const Error& error) {
    return error;
  }
  return {ErrorKind::kFailed, "nothing was thrown"};
}

TEST(Client, SendsWhatIsSmallInOnePiece) {
  StrictRegistry server;
  RemoteWorld world;
  auto target = world.target(server.host() + "/app", 1000);
  testing::put_blob(target, bytes_of(1000));
  EXPECT_THAT(server.log(), ElementsAre("HEAD /v2/app/blobs/@", "POST /v2/app/blobs/uploads/",
                                        "PUT /v2/app/blobs/uploads/"));
  testing::put_blob(target, bytes_of(1000));
  EXPECT_EQ(server.requests(), 3U) << "what was sent is known to be there";
  auto other = world.target(server.host() + "/app", 1000);
  testing::put_blob(other, bytes_of(1000));
  EXPECT_EQ(server.requests(), 4U);
  EXPECT_EQ(server.find_blob("app", Digest::of(bytes_of(1000))), bytes_of(1000));
  EXPECT_THAT(server.violations(), IsEmpty());
}

TEST(Client, SendsWhatIsLargeInChunks) {
  for (const std::size_t size : {1001, 1999, 2000, 2001, 5500}) {
    for (const std::size_t piece : {1, 999, 1000, 4096, 100000}) {
      StrictRegistry server;
      RemoteWorld world;
      auto target = world.target(server.host() + "/app", 1000);
      const std::string bytes = bytes_of(size);
      const auto blob = target.begin_blob();
      for (std::size_t at = 0; at < size; at += piece) {
        blob->write(std::string_view(bytes).substr(at, piece));
      }
      EXPECT_EQ(blob->commit(), Digest::of(bytes));
      EXPECT_EQ(server.find_blob("app", Digest::of(bytes)), bytes);
      EXPECT_EQ(server.requests(), 1 + (size - 1) / 1000 + 1);
      EXPECT_THAT(server.violations(), IsEmpty());
    }
  }
}

TEST(Client, SendsNoChunkSmallerThanTheRegistryTakes) {
  StrictRegistry server({.least_chunk = 1700});
  RemoteWorld world;
  auto target = world.target(server.host() + "/app", 1000);
  const std::string bytes = bytes_of(5000);
  EXPECT_EQ(testing::put_blob(target, bytes), Digest::of(bytes));
  EXPECT_EQ(server.find_blob("app", Digest::of(bytes)), bytes);
  EXPECT_EQ(server.requests(), 4U);
  EXPECT_THAT(server.violations(), IsEmpty());
  StrictRegistry greedy({.least_chunk = std::uint64_t{1} << 40});
  auto other = world.target(greedy.host() + "/app", 1000);
  EXPECT_EQ(error_of([&] { testing::put_blob(other, bytes); }).kind(), ErrorKind::kRefused);
}

TEST(Client, GivesUpWhereNoBytesAreTaken) {
  StrictRegistry server;
  for (std::size_t i = 0; i < 100; ++i) {
    server.fail_at(i, [](const HttpCall& call, const auto& serve) {
      if (call.method != "PATCH") return serve();
      return HttpReply::of(202).with("Location", call.target).with("Range", "0-0");
    });
  }
  RemoteWorld world;
  auto target = world.target(server.host() + "/app", 1000);
  const Error error = error_of([&] { testing::put_blob(target, bytes_of(5000)); });
  EXPECT_EQ(error.message(), "`" + server.host() + "` takes no bytes of an upload");
  // POST, four times PATCH, and where it stands between them.
  EXPECT_EQ(server.requests(), 1U + 4 + 3);
}

TEST(Client, GoesOnAfterAChunkThatWasTakenInPart) {
  for (const bool answers_get_lost : {false, true}) {
    std::mutex mutex;
    std::string taken;
    std::string stored;
    HttpServer server([&](const HttpCall& call) {
      const std::lock_guard guard(mutex);
      const auto where = [&](int status) {
        return HttpReply::of(status)
            .with("Location", "/upload?at=" + std::to_string(taken.size()))
            .with("Range", fmt::format("0-{}", taken.empty() ? 0 : taken.size() - 1));
      };
      if (call.method == "POST" || call.method == "GET") {
        return where(call.method == "POST" ? 202 : 204);
      }
      if (call.method == "PATCH") {
        if (!call.header("Content-Range").starts_with(std::to_string(taken.size()) + "-")) {
          return where(416);
        }
        taken += call.body.substr(0, 700);
        return answers_get_lost ? HttpReply::of(500) : where(202);
      }
      stored = taken + call.body;
      return HttpReply::of(call.method == "PUT" ? 201 : 404);
    });
    RemoteWorld world;
    auto target = world.target(fmt::format("127.0.0.1:{}/app", server.port()), 1000);
    testing::put_blob(target, bytes_of(5500));
    EXPECT_TRUE(stored == bytes_of(5500));
  }
}

TEST(Client, AnEmptyBlobIsABlob) {
  StrictRegistry server;
  RemoteWorld world;
  auto target = world.target(server.host() + "/app");
  EXPECT_EQ(testing::put_blob(target, ""), Digest::of(""));
  EXPECT_EQ(server.find_blob("app", Digest::of("")), "");
  const auto client = world.client(server.host() + "/app");
  EXPECT_EQ(read_all(*client->open_blob(layer(""), "layer"), 10, "x"), "");
}

TEST(Client, MountsFromAnotherRepository) {
  StrictRegistry server({.auth = StrictRegistry::Auth::kBearer});
  server.put_blob("base", "bytes");
  RemoteWorld world(Password{StrictRegistry::kUser, Secret(StrictRegistry::kPassword)});
  auto target = world.target(server.host() + "/app");
  EXPECT_TRUE(target.mount_blob(Digest::of("bytes"), 5, "base"));
  EXPECT_EQ(server.find_blob("app", Digest::of("bytes")), "bytes");
  const std::size_t before = server.requests();
  EXPECT_TRUE(target.has_blob(Digest::of("bytes"), 5));
  EXPECT_EQ(server.requests(), before);
  EXPECT_FALSE(target.mount_blob(Digest::of("unknown"), 7, "base"));
  EXPECT_EQ(server.log().back(), "DELETE /v2/app/blobs/uploads/");
  EXPECT_THAT(server.violations(), IsEmpty());
}

TEST(Client, GoesOnWithADownloadThatBroke) {
  const std::string bytes = bytes_of(300'000);
  for (const bool redirected : {false, true}) {
    StrictRegistry server({.redirects_blobs = redirected});
    server.put_blob("app", bytes);
    for (const std::size_t i : {0, 1, 2}) {
      server.fail_at(i, [&](const HttpCall& call, const auto& serve) {
        HttpReply reply = redirected ? reply_with_file(call, bytes) : serve();
        reply.reset_after = 50'000;
        return reply;
      });
    }
    RemoteWorld world;
    const auto client = world.client(server.host() + "/app");
    EXPECT_TRUE(read_all(*client->open_blob(layer(bytes), "layer"), 1 << 20, "x") == bytes);
    EXPECT_THAT(server.violations(), IsEmpty());
  }
}

TEST(Client, GoesOnWhereTheServerKnowsNoRanges) {
  const std::string bytes = bytes_of(100'000);
  StrictRegistry server;
  server.put_blob("app", bytes);
  for (const std::size_t i : {0, 1}) {
    server.fail_at(i, [&, i](const HttpCall&, const auto&) {
      HttpReply reply = HttpReply::of(200, bytes);
      if (i == 0) reply.reset_after = 50'000;
      return reply;
    });
  }
  RemoteWorld world;
  const auto client = world.client(server.host() + "/app");
  EXPECT_TRUE(read_all(*client->open_blob(layer(bytes), "layer"), 1 << 20, "x") == bytes);
}

TEST(Client, RefusesABlobThatIsNotWhatItsNameSays) {
  const std::string bytes = bytes_of(5000);
  StrictRegistry server;
  RemoteWorld world;
  server.put_blob("app", bytes);
  server.corrupt_blob("app", Digest::of(bytes));
  const auto client = world.client(server.host() + "/app:1");
  const auto read = [&](Descriptor what) {
    return error_of([&] { read_all(*client->open_blob(what, "layer"), 1 << 20, "x"); });
  };
  const Error wrong = read(layer(bytes));
  EXPECT_EQ(wrong.kind(), ErrorKind::kIntegrity);
  EXPECT_NE(wrong.render().find("digest mismatch for layer `" + Digest::of(bytes).render()),
            std::string::npos);
  EXPECT_NE(wrong.render().find("while pulling `" + server.host() + "/app:1`"), std::string::npos);
  Descriptor shorter = layer(bytes);
  shorter.size_bytes = 4000;
  EXPECT_EQ(read(shorter).kind(), ErrorKind::kIntegrity);
  Descriptor longer = layer(bytes);
  longer.size_bytes = 6000;
  EXPECT_EQ(read(longer).kind(), ErrorKind::kIntegrity);
  EXPECT_EQ(read(layer("unknown")).kind(), ErrorKind::kFailed);
}

TEST(Client, ADownloadMayBeDroppedEarly) {
  const std::string bytes = bytes_of(8 << 20);
  StrictRegistry server;
  server.put_blob("app", bytes);
  RemoteWorld world;
  const auto client = world.client(server.host() + "/app");
  char some[10];
  for (int i = 0; i < 3; ++i) {
    const auto source = client->open_blob(layer(bytes), "layer");
    EXPECT_GT(source->read(some), 0U);
  }
}

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

TEST(Client, SendsBytesElsewhereWithoutTellingWhoItIs) {
  const std::string bytes = bytes_of(500);
  StrictRegistry server({.auth = StrictRegistry::Auth::kBasic});
  HttpServer elsewhere([](const HttpCall&) {
    return HttpReply::of(401).with("WWW-Authenticate", "Basic realm=\"give me\"");
  });
  server.fail_at(2, [&](const HttpCall&, const auto&) {
    return HttpReply::of(202).with("Location", elsewhere.url("/upload?signature=SIGNED"));
  });
  RemoteWorld world(Password{StrictRegistry::kUser, Secret(StrictRegistry::kPassword)});
  auto target = world.target(server.host() + "/app");
  const Error error = error_of([&] { testing::put_blob(target, bytes); });
  EXPECT_EQ(error.kind(), ErrorKind::kRefused);
  EXPECT_EQ(error.render().find("SIGNED"), std::string::npos) << error.render();
  ASSERT_EQ(elsewhere.calls().size(), 1U);
  EXPECT_EQ(elsewhere.calls()[0].header("Authorization"), "");
  EXPECT_EQ(elsewhere.calls()[0].body, bytes);
  EXPECT_EQ(elsewhere.calls()[0].target,
            "/upload?signature=SIGNED&digest=" + Digest::of(bytes).render());
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
