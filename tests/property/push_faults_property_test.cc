#include <random>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "base/parallel.h"
#include "registry/image_copy.h"
#include "tests/support/memory_image.h"
#include "tests/support/registry_faults.h"
#include "tests/support/remote_world.h"
#include "tests/support/strict_registry.h"

namespace kasane::registry {
namespace {

using ::testing::IsEmpty;
using testing::MemoryImage;
using testing::RemoteWorld;
using testing::StrictRegistry;
using Fault = StrictRegistry::Fault;
namespace fault = testing::fault;

constexpr int kRuns = 1200;
constexpr std::size_t kRequests = 24;

const Credential kSomebody = Password{StrictRegistry::kUser, Secret(StrictRegistry::kPassword)};

Fault changed_header(std::string name, std::string value) {
  return [=](const HttpCall&, const auto& serve) {
    HttpReply reply = serve();
    for (auto& [header, content] : reply.headers) {
      if (header == name) content = value;
    }
    return reply;
  };
}

Fault redirect(const std::string& url) {
  return [=](const HttpCall&, const auto&) { return HttpReply::redirect(307, url); };
}

Fault slow_drip() {
  return [](const HttpCall&, const auto& serve) {
    HttpReply reply = serve();
    reply.delay_in_body = std::chrono::milliseconds(2);
    return reply;
  };
}

Fault absolute_location(const std::string& host) {
  return [=](const HttpCall&, const auto& serve) {
    HttpReply reply = serve();
    for (auto& [header, content] : reply.headers) {
      if (header == "Location" && content.starts_with('/')) content = "http://" + host + content;
    }
    return reply;
  };
}

/// Another host on this machine, which nothing of ours may be shown to.
class Stranger {
 public:
  std::string url() const { return server_.url("/v2/elsewhere"); }
  std::string host() const { return fmt::format("127.0.0.1:{}", server_.port()); }
  std::size_t shown() const {
    std::size_t count = 0;
    for (const HttpCall& call : server_.calls()) count += !call.header("Authorization").empty();
    return count;
  }

 private:
  HttpServer server_{[](const HttpCall&) { return HttpReply::of(404); }};
};

std::vector<Fault> faults(StrictRegistry& server, const Stranger& stranger) {
  return {
      fault::reset(),
      fault::lost_answer(),
      fault::truncation(),
      fault::status(500),
      fault::status(503),
      fault::status(503, "2"),
      fault::status(429),
      fault::status(429, "1"),
      fault::status(403),
      fault::status(404),
      fault::status(416),
      fault::without("Location"),
      fault::without("Docker-Content-Digest"),
      changed_header("Docker-Content-Digest", Digest::of("another").render()),
      changed_header("Location", "http://" + stranger.host() + "/v2/x/blobs/uploads/u"),
      redirect(stranger.url()),
      absolute_location(server.host()),
      slow_drip(),
      [&server](const HttpCall&, const auto& serve) {
        server.expire_tokens();
        return serve();
      },
  };
}

/// Every blob of every manifest that the repository shows.
void check(const StrictRegistry& server, const std::string& repository) {
  for (const char* tag : {"1", "more"}) {
    const auto text = server.find_manifest(repository, tag);
    if (!text) continue;
    const Manifest manifest = Manifest::parse(*text);
    std::vector<Descriptor> blobs = manifest.layers;
    blobs.push_back(manifest.config);
    for (const Descriptor& blob : blobs) {
      const auto bytes = server.find_blob(repository, blob.digest);
      ASSERT_TRUE(bytes && Digest::of(*bytes) == blob.digest) << blob.digest.render();
    }
  }
}

void check_secrets(const StrictRegistry& server, const std::string& text) {
  for (const std::string& secret : server.secrets()) {
    ASSERT_EQ(text.find(secret), std::string::npos) << text;
  }
}

/// The error of a push; empty when it is done. Half of them copy an image, half make one.
std::string push(const StrictRegistry& server, const std::string& repository, bool copies,
                 std::chrono::milliseconds answer_timeout = std::chrono::seconds(60)) {
  const std::vector<testing::TestLayer> layers = {{"small", Codec::kNone},
                                                  {std::string(2500, 'x'), Codec::kNone}};
  RemoteWorld world(kSomebody);
  world.answer_timeout = answer_timeout;
  auto target = world.target(server.host() + "/" + repository + ":1");
  try {
    if (copies) {
      copy_image(MemoryImage(layers), target, {"more"}, false);
    } else {
      testing::put_image(target, layers, {"more"});
    }
  } catch (const Error& error) {
    return error.render();
  }
  return {};
}

// Each of these takes its time: all requests at once.
TEST(PushFaultsProperty, AnswersThatComeLateOrDropByDropAreGivenUpAndAskedForAgain) {
  constexpr std::size_t kMost = 16;
  const std::pair<const char*, Fault> slow[] = {
      {"late", fault::late(std::chrono::seconds(5))},
      {"drop by drop", fault::drip(std::chrono::milliseconds(200))},
      {"drop by drop, but soon", fault::drip(std::chrono::milliseconds(1))},
  };
  for (const auto& [name, failure] : slow) {
    std::vector<std::string> outcomes(2 * kMost);
    std::vector<std::unique_ptr<StrictRegistry>> servers(2 * kMost);
    for (auto& server : servers) {
      server = std::make_unique<StrictRegistry>(
          StrictRegistry::Options{.auth = StrictRegistry::Auth::kBearer});
    }
    parallel_for(servers.size(), 2 * kMost, [&](std::size_t i) {
      servers[i]->fail_at(i / 2, failure);
      outcomes[i] = push(*servers[i], "app", i % 2 == 0, std::chrono::seconds(1));
    });
    for (std::size_t i = 0; i < servers.size(); ++i) {
      SCOPED_TRACE(fmt::format("{} at request {}", name, i / 2));
      EXPECT_EQ(outcomes[i], "");
      check(*servers[i], "app");
      EXPECT_THAT(servers[i]->violations(), IsEmpty());
    }
  }
}

// One failing run says enough; the seed makes it again.
TEST(PushFaultsProperty, EveryPushIsDoneOrTellsWhyAndTheNextOneIsDone) {
  StrictRegistry server({.auth = StrictRegistry::Auth::kBearer});
  const Stranger stranger;
  const auto all = faults(server, stranger);
  int failed = 0;
  for (int run = 0; run < kRuns; ++run) {
    std::mt19937 chance(static_cast<unsigned>(run));
    const std::string repository = fmt::format("r{}", run);
    SCOPED_TRACE(fmt::format("seed {}", run));
    const std::size_t first = server.requests();
    for (unsigned i = 0; i <= chance() % 3; ++i) {
      server.fail_at(first + chance() % kRequests, all[chance() % all.size()]);
    }
    const bool copies = chance() % 2 == 0;
    const std::string outcome = push(server, repository, copies);
    ASSERT_NO_FATAL_FAILURE(check(server, repository));
    ASSERT_NO_FATAL_FAILURE(check_secrets(server, outcome));
    server.clear_faults();
    if (outcome.empty()) {
      ASSERT_TRUE(server.find_manifest(repository, "1") &&
                  server.find_manifest(repository, "more"));
      continue;
    }
    ++failed;
    ASSERT_NE(outcome.find("error: "), std::string::npos);
    ASSERT_EQ(push(server, repository, copies), "");
    ASSERT_NO_FATAL_FAILURE(check(server, repository));
  }
  EXPECT_GT(failed, kRuns / 20);
  EXPECT_LT(failed, kRuns / 2);
  EXPECT_EQ(stranger.shown(), 0U);
  EXPECT_THAT(server.violations(), IsEmpty());
}

}  // namespace
}  // namespace kasane::registry
