#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "base/parallel.h"
#include "tests/support/registry_faults.h"
#include "tests/support/remote_world.h"
#include "tests/support/strict_registry.h"
#include "tests/support/test_image.h"

namespace kasane::registry {
namespace {

using ::testing::IsEmpty;
using testing::RemoteWorld;
using testing::StrictRegistry;
using testing::TestLayer;
namespace fault = testing::fault;

const Credential kSomebody = Password{StrictRegistry::kUser, Secret(StrictRegistry::kPassword)};

/// One layer that is sent in one piece and one that takes three chunks.
std::vector<TestLayer> layers() {
  std::string large;
  for (int i = 0; large.size() < 2500; ++i) large += std::to_string(i * i);
  return {{"small", Codec::kNone}, {large, Codec::kNone}};
}

/// The error of a push; empty when it is done.
std::string push(const StrictRegistry& server) {
  RemoteWorld world(kSomebody);
  auto target = world.target(server.host() + "/app:1");
  try {
    testing::put_image(target, layers(), {"extra"});
  } catch (const Error& error) {
    return error.render();
  }
  return {};
}

std::size_t requests_of_a_push() {
  StrictRegistry server({.auth = StrictRegistry::Auth::kBearer});
  EXPECT_EQ(push(server), "");
  EXPECT_THAT(server.violations(), IsEmpty());
  return server.requests();
}

/// What must be true of a registry after any push, however it ended.
void check_state(const StrictRegistry& server, const std::string& outcome) {
  EXPECT_THAT(server.violations(), IsEmpty());
  for (const std::string& secret : server.secrets()) {
    EXPECT_EQ(outcome.find(secret), std::string::npos) << outcome;
  }
  for (const char* tag : {"1", "extra"}) {
    const auto text = server.find_manifest("app", tag);
    if (outcome.empty()) {
      EXPECT_TRUE(text.has_value()) << tag;
    }
    if (!text) continue;
    const Manifest manifest = Manifest::parse(*text);
    std::vector<Descriptor> blobs = manifest.layers;
    blobs.push_back(manifest.config);
    for (const Descriptor& blob : blobs) {
      const auto bytes = server.find_blob("app", blob.digest);
      ASSERT_TRUE(bytes.has_value());
      EXPECT_EQ(Digest::of(*bytes), blob.digest);
    }
  }
}

enum class Expected { kDone, kEither };

struct Failure {
  const char* name;
  StrictRegistry::Fault fault;
  Expected expected;
};

StrictRegistry::Fault wrong_digest() {
  return [](const HttpCall&, const auto& serve) {
    HttpReply reply = serve();
    for (auto& [name, value] : reply.headers) {
      if (name == "Docker-Content-Digest") value = Digest::of("another").render();
    }
    return reply;
  };
}

StrictRegistry::Fault location(std::string value) {
  return [value](const HttpCall&, const auto& serve) {
    HttpReply reply = serve();
    for (auto& [name, was] : reply.headers) {
      if (name == "Location") was = value;
    }
    return reply;
  };
}

StrictRegistry::Fault redirect(std::string location) {
  return [location](const HttpCall&, const auto&) { return HttpReply::redirect(307, location); };
}

std::vector<Failure> failures() {
  return {
      {"reset", fault::reset(), Expected::kDone},
      {"lost answer", fault::lost_answer(), Expected::kDone},
      {"truncation", fault::truncation(), Expected::kDone},
      {"500", fault::status(500), Expected::kDone},
      {"502", fault::status(502), Expected::kDone},
      {"503", fault::status(503), Expected::kDone},
      {"503 with Retry-After", fault::status(503, "7"), Expected::kDone},
      {"429", fault::status(429), Expected::kDone},
      {"429 with Retry-After", fault::status(429, "1"), Expected::kDone},
      {"429 for too long", fault::status(429, "100000"), Expected::kEither},
      {"403", fault::status(403), Expected::kEither},
      {"404", fault::status(404), Expected::kEither},
      {"400", fault::status(400), Expected::kEither},
      {"416", fault::status(416), Expected::kEither},
      {"200 without sense", fault::status(200), Expected::kEither},
      {"no Location", fault::without("Location"), Expected::kEither},
      {"no Range", fault::without("Range"), Expected::kDone},
      {"wrong digest", wrong_digest(), Expected::kEither},
      {"redirect elsewhere", redirect("http://127.0.0.1:9/elsewhere"), Expected::kEither},
      {"redirect in circles", redirect("/v2/app/manifests/1"), Expected::kEither},
      {"Location on open HTTP", location("http://evil.example/upload"), Expected::kEither},
      {"Location that is no URL", location("http://[/"), Expected::kEither},
  };
}

TEST(PushFaults, EachRequestMayFailInEachWay) {
  const std::size_t count = requests_of_a_push();
  ASSERT_GE(count, 13U);
  for (const Failure& failure : failures()) {
    // Much of it is waiting.
    parallel_for(count, 8, [&](std::size_t i) {
      SCOPED_TRACE(fmt::format("{} at request {}", failure.name, i));
      StrictRegistry server({.auth = StrictRegistry::Auth::kBearer});
      server.fail_at(i, failure.fault);
      const std::string outcome = push(server);
      if (failure.expected == Expected::kDone) {
        EXPECT_EQ(outcome, "");
      } else if (!outcome.empty()) {
        EXPECT_NE(outcome.find("while pushing `" + server.host() + "/app:1`"), std::string::npos)
            << outcome;
      }
      check_state(server, outcome);
      if (outcome.empty()) return;
      const std::string again = push(server);
      EXPECT_EQ(again, "");
      check_state(server, again);
    });
  }
}

TEST(PushFaults, TokensMayEndBeforeAnyRequest) {
  const std::size_t count = requests_of_a_push();
  for (std::size_t i = 0; i < count; ++i) {
    SCOPED_TRACE(i);
    StrictRegistry server({.auth = StrictRegistry::Auth::kBearer});
    server.fail_at(i, [&](const HttpCall&, const auto& serve) {
      server.expire_tokens();
      return serve();
    });
    const std::string outcome = push(server);
    EXPECT_EQ(outcome, "");
    check_state(server, outcome);
  }
}

TEST(PushFaults, ARegistryThatStaysDeadIsGivenUp) {
  const std::size_t count = requests_of_a_push();
  for (std::size_t i = 0; i < count; ++i) {
    SCOPED_TRACE(i);
    StrictRegistry server({.auth = StrictRegistry::Auth::kBearer});
    for (std::size_t k = i; k < i + 100; ++k) server.fail_at(k, fault::status(500));
    const std::string outcome = push(server);
    EXPECT_NE(outcome.find("answered 500"), std::string::npos) << outcome;
    EXPECT_NE(outcome.find("after 4 attempts"), std::string::npos) << outcome;
    EXPECT_LE(server.requests(), count + 10);
    check_state(server, outcome);
  }
}

TEST(PushFaults, ManyFailuresAtRandom) {
  const std::vector<StrictRegistry::Fault> passing = {fault::lost_answer(), fault::status(500),
                                                      fault::status(503, "1"), fault::status(429)};
  parallel_for(25, 8, [&](std::size_t run) {
    SCOPED_TRACE(run);
    auto state = static_cast<unsigned>(run) * 2654435761U + 1;
    StrictRegistry server({.auth = StrictRegistry::Auth::kBearer});
    for (std::size_t i = 0; i < 40; ++i) {
      state = state * 1664525U + 1013904223U;
      // Lost answers take time to lose: they are rare.
      if ((state >> 8) % 4 == 0) server.fail_at(i, passing[1 + (state >> 16) % 3]);
      if ((state >> 8) % 64 == 1) server.fail_at(i, passing[0]);
    }
    check_state(server, push(server));
  });
}

}  // namespace
}  // namespace kasane::registry
