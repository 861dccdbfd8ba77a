#include <mutex>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "registry/remote/client.h"
#include "tests/support/remote_world.h"
#include "tests/support/strict_registry.h"
#include "tests/support/test_image.h"

namespace kasane::registry {
namespace {

using testing::bytes_of;
using ::testing::ElementsAre;
using testing::error_of;
using ::testing::IsEmpty;
using testing::RemoteWorld;
using testing::StrictRegistry;

Descriptor layer(std::string_view bytes) {
  return {std::string(media_type::kLayerTar), Digest::of(bytes), bytes.size(), {}};
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

}  // namespace
}  // namespace kasane::registry
