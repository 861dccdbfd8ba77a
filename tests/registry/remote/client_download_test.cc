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
using testing::error_of;
using ::testing::IsEmpty;
using testing::RemoteWorld;
using testing::StrictRegistry;

Descriptor layer(std::string_view bytes) {
  return {std::string(media_type::kLayerTar), Digest::of(bytes), bytes.size(), {}};
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

}  // namespace
}  // namespace kasane::registry
