#include "resolver/resolve/pip_indexes.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace kasane::resolver {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

std::vector<std::string> rendered(const std::vector<Url>& urls) {
  std::vector<std::string> out;
  for (const Url& url : urls) out.push_back(url.render());
  return out;
}

TEST(PipIndexes, AreExtraOnesFirstAndThenTheOneThatSomebodyNames) {
  const PipPlaceSettings none{.command_line = {}, .environment = {}, .working_directory = "/home"};
  EXPECT_THAT(rendered(read_index_settings({}, none).indexes),
              ElementsAre("https://pypi.org/simple"));
  PipPlaceSettings given = none;
  given.environment = {.index_url = "https://env.example/simple",
                       .extra_index_urls = {"https://a.example/", "https://spec-extra.example/"},
                       .find_links = {"wheels"}};
  EXPECT_THAT(rendered(read_index_settings({}, given).indexes),
              ElementsAre("https://a.example/", "https://spec-extra.example/",
                          "https://env.example/simple"));
  PipOptions spec;
  spec.index_url = "https://spec.example/simple";
  spec.extra_index_urls = {"https://spec-extra.example/"};
  spec.find_links = {"/abs/wheels"};
  const auto settings = read_index_settings(spec, given);
  EXPECT_THAT(rendered(settings.indexes),
              ElementsAre("https://spec-extra.example/", "https://a.example/",
                          "https://spec.example/simple"));
  EXPECT_THAT(rendered(settings.find_links),
              ElementsAre("file:///abs/wheels", "file:///home/wheels"));
  given.command_line = {.index_url = "index", .extra_index_urls = {"https://cli.example/"}};
  EXPECT_THAT(rendered(read_index_settings(spec, given).indexes),
              ElementsAre("https://cli.example/", "https://spec-extra.example/",
                          "https://a.example/", "file:///home/index"));
  given.command_line.no_index = true;
  EXPECT_THAT(read_index_settings(spec, given).indexes, IsEmpty());
}

TEST(PipIndexes, TellTheirUsersToTheirOwnServersOnly) {
  const PipPlaceSettings given{
      .command_line = {.index_url = "https://us%40er:pa%2Fss@host.example/simple"},
      .environment = {},
      .working_directory = "/"};
  Lock lock{.platform = "linux-64",
            .packages = {},
            .channels = {},
            .sources = {},
            .content_hash = "",
            .credentials = {},
            .sha256 = Digest::of("")};
  for (const char* url : {"https://host.example/files/a-1-py3-none-any.whl",
                          "https://other.example/files/b-1-py3-none-any.whl",
                          "http://host.example/files/c-1-py3-none-any.whl"}) {
    LockedPackage package;
    package.manager = Manager::kPip;
    package.url = url;
    lock.packages.push_back(package);
  }
  add_index_credentials(read_index_settings({}, given), lock);
  ASSERT_EQ(lock.credentials.size(), 1U);
  EXPECT_EQ(lock.credentials.begin()->first, "https://host.example/files/");
  const auto user = find_user(lock.credentials.begin()->second);
  ASSERT_TRUE(user);
  EXPECT_EQ(user->user, "us@er");
  EXPECT_EQ(user->password, "pa/ss");
}

}  // namespace
}  // namespace kasane::resolver
