#include "registry/remote/registries.h"

#include <map>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "registry/open_image.h"
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

class MemoryStore final : public DocumentStore {
 public:
  std::optional<std::string> find(const Digest& digest) override {
    const auto found = texts.find(digest);
    return found == texts.end() ? std::nullopt : std::optional(found->second);
  }
  void keep(std::string_view text) override {
    texts.insert_or_assign(Digest::of(text), std::string(text));
  }
  std::map<Digest, std::string> texts;
};

class RegistriesTest : public ::testing::Test {
 protected:
  RegistriesTest() : registries_(world_.registries()) {
    auto target = world_.target(server_.host() + "/base:1");
    manifest_ = testing::put_image(target, {{"tar", Codec::kNone}});
    registries_->keep_documents(&store_);
  }
  std::unique_ptr<ImageSource> open(const std::string& rest) {
    return open_source(files_, ImageReference::parse(server_.host() + "/base" + rest),
                       {std::nullopt, registries_.get()});
  }
  /// What was asked for since the last call.
  std::vector<std::string> asked() {
    auto log = server_.log();
    log.erase(log.begin(), log.begin() + static_cast<long>(seen_));
    seen_ += log.size();
    return log;
  }

  StrictRegistry server_;
  RemoteWorld world_;
  PosixFileSystem files_;
  MemoryStore store_;
  std::unique_ptr<Registries> registries_;
  std::optional<Manifest> manifest_;
  std::size_t seen_ = 0;
};

TEST_F(RegistriesTest, DocumentsThatAreKeptAreNotFetchedAgain) {
  asked();
  open(":1");
  EXPECT_THAT(asked(), ElementsAre("HEAD /v2/base/manifests/1", "GET /v2/base/manifests/@",
                                   "GET /v2/base/blobs/@"));
  EXPECT_EQ(open(":1")->manifest().text, manifest_->text);
  EXPECT_THAT(asked(), ElementsAre("HEAD /v2/base/manifests/1"));
  EXPECT_EQ(open("@" + manifest_->digest().render())->manifest().text, manifest_->text);
  EXPECT_THAT(asked(), IsEmpty());
}

TEST_F(RegistriesTest, DamagedDocumentsAreFetchedAgain) {
  open(":1");
  for (auto& [digest, text] : store_.texts) text += " ";
  asked();
  EXPECT_EQ(open(":1")->manifest().text, manifest_->text);
  EXPECT_EQ(asked().size(), 3U);
}

TEST_F(RegistriesTest, AMovedTagIsSeen) {
  open(":1");
  auto target = world_.target(server_.host() + "/base:1");
  const auto other = testing::put_image(target, {{"other", Codec::kNone}});
  EXPECT_EQ(open(":1")->manifest().digest(), other.digest());
}

TEST_F(RegistriesTest, EveryRequestIsCounted) {
  const auto before = registries_->requests();
  const std::size_t served = server_.requests();
  open(":1");
  EXPECT_EQ(registries_->requests() - before, server_.requests() - served);
}

TEST_F(RegistriesTest, RepositoriesAreListed) {
  const auto client =
      registries_->open(RegistryReference::parse(server_.host() + "/x"), Client::Purpose::kRead);
  EXPECT_THAT(client->fetch_repositories(), ElementsAre("base"));
}

TEST_F(RegistriesTest, ImagesInRegistriesNeedThem) {
  try {
    open_source(files_, ImageReference::parse("registry.example/app"));
    ADD_FAILURE();
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::kUsage);
    EXPECT_EQ(error.message(), "expected an image on disk, got `registry.example/app`");
  }
}

}  // namespace
}  // namespace kasane::registry
