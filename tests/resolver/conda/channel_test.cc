#include "resolver/conda/channel.h"

#include <gtest/gtest.h>

#include "base/error.h"

namespace kasane::resolver {
namespace {

TEST(Channel, ReadsNamesUrlsAndPaths) {
  struct Case {
    const char* text;
    const char* url;
    const char* name;
    const char* subdir;
  };
  const Case cases[] = {
      {"conda-forge", "https://conda.anaconda.org/conda-forge", "conda-forge", ""},
      {"conda-forge/", "https://conda.anaconda.org/conda-forge", "conda-forge", ""},
      {"pytorch/label/dev", "https://conda.anaconda.org/pytorch/label/dev", "pytorch/label/dev",
       ""},
      {"conda-forge/linux-64", "https://conda.anaconda.org/conda-forge", "conda-forge", "linux-64"},
      {"pkgs/main", "https://repo.anaconda.com/pkgs/main", "pkgs/main", ""},
      {"https://repo.anaconda.com/pkgs/main", "https://repo.anaconda.com/pkgs/main", "pkgs/main",
       ""},
      {"https://Conda.Anaconda.org//conda-forge/noarch/", "https://conda.anaconda.org/conda-forge",
       "conda-forge", "noarch"},
      {"http://conda.anaconda.org/x", "http://conda.anaconda.org/x", "x", ""},
      {"https://prefix.dev/conda-forge", "https://prefix.dev/conda-forge",
       "https://prefix.dev/conda-forge", ""},
      {"http://localhost:1234", "http://localhost:1234", "http://localhost:1234", ""},
      {"https://u:p@h/t/tok/c", "https://h/c", "https://h/c", ""},
      {"file:///var/c/noarch", "file:///var/c", "file:///var/c", "noarch"},
      {"/var/my c", "file:///var/my%20c", "file:///var/my%20c", ""},
      {"./c", "file:///srv/c", "file:///srv/c", ""},
      {"../c", "file:///c", "file:///c", ""},
      {"~/c", "file:///home/x/c", "file:///home/x/c", ""},
  };
  ChannelSettings settings;
  settings.working_directory = "/srv";
  settings.home = "/home/x";
  for (const Case& c : cases) {
    const Channel channel = Channel::parse(c.text, settings);
    EXPECT_EQ(channel.url(), c.url) << c.text;
    EXPECT_EQ(channel.name(), c.name) << c.text;
    EXPECT_EQ(channel.subdir().value_or(""), c.subdir) << c.text;
    EXPECT_EQ(channel.places(), std::vector<std::string>{c.url});
  }
}

TEST(Channel, KeepsCredentialsApart) {
  const Channel channel = Channel::parse("https://me:s3cret@h/t/tok/c/linux-64", {});
  EXPECT_EQ(channel.url(), "https://h/c");
  EXPECT_EQ(channel.credentials()->user_info->reveal(), "me:s3cret");
  EXPECT_EQ(url_with_token("https://h/c/noarch/repodata.json", *channel.credentials()).reveal(),
            "https://h/t/tok/c/noarch/repodata.json");
  EXPECT_EQ(channel, Channel::parse("https://h/c/linux-64", {}));
}

TEST(Channel, TakesDefaultsApart) {
  const ChannelSettings settings;
  const auto names = [&](const std::vector<std::string>& texts) {
    std::vector<std::string> out;
    for (const Channel& channel : read_channels(texts, settings)) out.push_back(channel.name());
    return out;
  };
  using Names = std::vector<std::string>;
  EXPECT_EQ(names({"conda-forge", "defaults"}), (Names{"conda-forge", "pkgs/main", "pkgs/r"}));
  EXPECT_EQ(names({"defaults", "conda-forge", "nodefaults"}), (Names{"conda-forge"}));
  EXPECT_EQ(names({"a", "https://conda.anaconda.org/a/", "b"}), (Names{"a", "b"}));
  EXPECT_EQ(names({}), Names{});
}

TEST(Channel, AsksItsMirrors) {
  ChannelSettings settings;
  settings.mirrors["https://conda.anaconda.org"] = {"https://m/conda", "https://n/"};
  settings.mirrors["https://conda.anaconda.org/pytorch"] = {"https://p"};
  using Places = std::vector<std::string>;
  EXPECT_EQ(Channel::parse("conda-forge", settings).places(),
            (Places{"https://m/conda/conda-forge", "https://n/conda-forge"}));
  EXPECT_EQ(Channel::parse("pytorch/label/x", settings).places(), (Places{"https://p/label/x"}));
  EXPECT_EQ(Channel::parse("pytorch-lts", settings).places(),
            (Places{"https://m/conda/pytorch-lts", "https://n/pytorch-lts"}));
}

TEST(Channel, IsFoundByWhatAMatchSpecCallsIt) {
  const ChannelSettings settings;
  const Channel forge = Channel::parse("conda-forge", settings);
  const Channel main = Channel::parse("pkgs/main", settings);
  for (const char* wanted : {"conda-forge", "https://conda.anaconda.org/conda-forge", "*",
                             "conda-*", "http://conda.anaconda.org/conda-forge/"}) {
    EXPECT_TRUE(channel_matches(wanted, forge, settings)) << wanted;
  }
  for (const char* wanted : {"defaults", "conda-forge/label/dev", "https://h/conda-forge"}) {
    EXPECT_FALSE(channel_matches(wanted, forge, settings)) << wanted;
  }
  EXPECT_TRUE(channel_matches("defaults", main, settings));
  EXPECT_TRUE(channel_matches("https://repo.anaconda.com/pkgs/main", main, settings));
}

TEST(Channel, RefusesWhatIsNone) {
  const auto error = [](const char* text) -> std::string {
    try {
      Channel::parse(text, {});
    } catch (const Error& problem) {
      return problem.message();
    }
    return "no error";
  };
  EXPECT_EQ(error(""), "`` is no channel: it is empty");
  EXPECT_EQ(error("a b"),
            "`a b` is no channel: a name holds letters, digits, `-`, `_`, `.` and `/`");
  EXPECT_EQ(error("a/../b"),
            "`a/../b` is no channel: a name holds letters, digits, `-`, `_`, `.` and `/`");
  EXPECT_EQ(error("ftp://h/c"),
            "`ftp://h/c` is no channel: expected `https`, `http` or `file`, found `ftp`");
  EXPECT_EQ(error("defaults"), "`defaults` is no channel: it stands for several channels");
  EXPECT_EQ(error("~/c"), "`~/c` is no channel: there is no home directory");
}

}  // namespace
}  // namespace kasane::resolver
