#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <chrono>
#include <fstream>
#include <map>
#include <thread>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "registry/remote/remote_image.h"
#include "registry/remote/remote_target.h"
#include "tests/support/remote_world.h"
#include "tests/support/run_tool.h"
#include "tests/support/temporary_directory.h"
#include "tests/support/test_image.h"

namespace kasane::registry {
namespace {

using testing::has_tool;
using testing::RemoteWorld;
using testing::run_tool;
using testing::TemporaryDirectory;

/// A port that nobody listens on.
std::uint16_t free_port() {
  const int socket = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  auto* const generic = reinterpret_cast<sockaddr*>(&address);
  if (::bind(socket, generic, size) != 0 || ::getsockname(socket, generic, &size) != 0) {
    throw system_error("cannot find a port");
  }
  ::close(socket);
  return ntohs(address.sin_port);
}

/// Debian's registry, on loopback, until destroyed.
class DockerRegistry {
 public:
  explicit DockerRegistry(bool with_password) : port_(free_port()) {
    std::string config = fmt::format(
        "version: 0.1\n"
        "log:\n  level: error\n  accesslog:\n    disabled: true\n"
        "storage:\n  filesystem:\n    rootdirectory: {}\n  delete:\n    enabled: true\n"
        "http:\n  addr: 127.0.0.1:{}\n",
        directory_.path().native(), port_);
    if (with_password) {
      const auto path = directory_ / "htpasswd";
      std::ofstream(path) << run_tool({"htpasswd", "-Bbn", "bob", "hunter2"}).output;
      config += fmt::format("auth:\n  htpasswd:\n    realm: test\n    path: {}\n", path.native());
    }
    const auto path = directory_ / "config.yml";
    std::ofstream(path) << config;
    child_ = runner_->start({.arguments = {"/usr/bin/docker-registry", "serve", path.native()},
                             .environment = {{"OTEL_TRACES_EXPORTER", "none"}}});
    wait_until_ready();
  }
  std::string host() const { return fmt::format("127.0.0.1:{}", port_); }

 private:
  void wait_until_ready() {
    const auto http = make_curl_client({.proxies_from_environment = false});
    for (int i = 0; i < 500; ++i) {
      try {
        StringSink body;
        HttpRequest request;
        request.url = "http://" + host() + "/v2/";
        http->send(request, body);
        return;
      } catch (const Error&) {
        std::this_thread::sleep_for(std::chrono::milliseconds(20));
      }
    }
    throw Error(ErrorKind::kFailed, "docker-registry does not start: " + child_->error_output());
  }

  TemporaryDirectory directory_;
  std::uint16_t port_;
  std::unique_ptr<CommandRunner> runner_ = make_posix_command_runner();
  std::unique_ptr<ChildProcess> child_;
};

class DockerRegistryTest : public ::testing::TestWithParam<bool> {
 protected:
  void SetUp() override {
    if (!has_tool("docker-registry")) GTEST_SKIP() << "docker-registry is not installed";
    if (GetParam() && !has_tool("htpasswd")) GTEST_SKIP() << "htpasswd is not installed";
    auto& server = servers()[GetParam()];
    if (server == nullptr) server = std::make_unique<DockerRegistry>(GetParam());
    server_ = server.get();
  }
  static void TearDownTestSuite() { servers().clear(); }
  std::string name(const std::string& rest) const { return server_->host() + "/" + rest; }

  /// One for all tests: starting it takes longer than most of them.
  static std::map<bool, std::unique_ptr<DockerRegistry>>& servers() {
    static std::map<bool, std::unique_ptr<DockerRegistry>> out;
    return out;
  }

  DockerRegistry* server_ = nullptr;
  RemoteWorld world_{GetParam() ? Credential(Password{"bob", Secret("hunter2")})
                                : Credential(Anonymous{})};
};

std::string large_tar() {
  std::string out;
  for (unsigned i = 0; out.size() < 200'000; ++i) out += std::to_string(i * 7919);
  return out;
}

TEST_P(DockerRegistryTest, TakesAndGivesImages) {
  auto target = world_.target(name("some/app:1"), 64'000);
  const auto manifest = testing::put_image(
      target, {{"small", Codec::kGzip}, {large_tar(), Codec::kNone}}, {"latest"});
  const RemoteImage image(world_.client(name("some/app")), Platform::parse("linux/amd64"));
  EXPECT_EQ(image.manifest().text, manifest.text);
  EXPECT_TRUE(read_all(*image.open_blob(manifest.layers[1]), 1 << 20, "x") == large_tar());
  EXPECT_EQ(target.known_layers().size(), 2U);

  auto other = world_.target(name("other:1"));
  EXPECT_TRUE(
      other.mount_blob(manifest.layers[1].digest, manifest.layers[1].size_bytes, "some/app"));
  EXPECT_TRUE(world_.client(name("other"))
                  ->has_blob(manifest.layers[1].digest, manifest.layers[1].size_bytes));
  EXPECT_FALSE(other.mount_blob(Digest::of("unknown"), 7, "some/app"));
}

TEST_P(DockerRegistryTest, ListsAndDeletes) {
  auto target = world_.target(name("app:t000"));
  std::vector<std::string> tags;
  for (int i = 0; i < 10; ++i) tags.push_back(fmt::format("t{:03}", i));
  const auto manifest = testing::put_image(target, {{"tar", Codec::kNone}}, tags);
  const auto client = world_.client(name("app"));
  EXPECT_EQ(client->fetch_tags(7), tags);
  EXPECT_TRUE(client->fetch_referrers(manifest.digest()).entries.empty());
  EXPECT_EQ(client->find_descriptor("t003"), manifest.descriptor());
  EXPECT_TRUE(client->delete_manifest(manifest.digest()));
  EXPECT_FALSE(client->delete_manifest(manifest.digest()));
  EXPECT_EQ(client->find_descriptor("t003"), std::nullopt);
}

// It gives all tags at once, whatever is asked for, but repositories page by page.
TEST_P(DockerRegistryTest, RepositoriesComePageByPage) {
  std::vector<std::string> names;
  for (int i = 0; i < 5; ++i) {
    names.push_back(fmt::format("many/r{}", i));
    auto target = world_.target(name(names.back() + ":1"));
    testing::put_image(target, {{"tar", Codec::kNone}});
  }
  EXPECT_THAT(world_.client(name("many/r0"))->fetch_repositories(2),
              ::testing::IsSupersetOf(names));
}

TEST_P(DockerRegistryTest, SkopeoReadsWhatWasPushed) {
  if (!has_tool("skopeo")) GTEST_SKIP() << "skopeo is not installed";
  auto target = world_.target(name("app:1"), 64'000);
  const auto manifest = testing::put_image(target, {{large_tar(), Codec::kGzip}});
  std::vector<std::string> arguments = {"skopeo", "inspect", "--tls-verify=false", "--format",
                                        "{{.Digest}}"};
  arguments.push_back(GetParam() ? "--creds=bob:hunter2" : "--no-creds");
  arguments.push_back("docker://" + name("app:1"));
  const auto result = run_tool(arguments);
  EXPECT_EQ(result.output, manifest.digest().render() + "\n") << result.errors;
}

TEST_P(DockerRegistryTest, RefusesStrangers) {
  if (!GetParam()) GTEST_SKIP() << "this one lets everybody in";
  RemoteWorld stranger(Password{"bob", Secret("wrong-SECRET")});
  try {
    stranger.client(name("app"))->find_manifest("1");
    ADD_FAILURE();
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::kRefused);
    EXPECT_EQ(error.message(), fmt::format("`GET http://{}/v2/app/manifests/1` answered 401: "
                                           "`UNAUTHORIZED`",
                                           server_->host()));
  }
}

INSTANTIATE_TEST_SUITE_P(WithAndWithoutPassword, DockerRegistryTest, ::testing::Bool());

}  // namespace
}  // namespace kasane::registry
