#include "builder/image/base_facts.h"

#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "base/error.h"
#include "tests/support/memory_image.h"
#include "tests/support/tar_builder.h"

namespace kasane::builder {
namespace {

using test::TarBuilder;
using testing::MemoryImage;

constexpr const char* kPrefix = "azureml-envs/kasane";

TEST(BaseFacts, OfAnEmptyImageAreEmpty) {
  EXPECT_EQ(read_base_facts(MemoryImage::of({}), kPrefix), BaseFacts());
}

TEST(BaseFacts, TellsDirectoriesAndTexts) {
  TarBuilder below;
  below.add({.path = "root/", .type = '5', .mode = 0700, .mtime = 5});
  below.add({.path = "etc/", .type = '5', .mode = 0755, .mtime = 6});
  below.add({.path = "etc/os-release", .type = '2', .link_target = "../usr/lib/os-release"});
  below.add({.path = "usr/lib/os-release", .content = "ID=old\n"});
  TarBuilder above;
  above.add({.path = "usr/lib/os-release", .content = "ID=debian\n"});
  above.add({.path = "root/.conda/environments.txt", .content = "/opt/conda\n"});
  above.add({.path = "azureml-envs/", .type = '5', .mode = 0775, .mtime = 7});
  const auto facts = read_base_facts(MemoryImage::of({below.finish(), above.finish()}), kPrefix);
  BaseFacts expected;
  expected.directories["root"] = {0700, 0, 0, 5, "root"};
  expected.directories["root/.conda"] = {0755, 0, 0, 0, "root/.conda"};
  expected.directories["etc"] = {0755, 0, 0, 6, "etc"};
  expected.directories["azureml-envs"] = {0775, 0, 0, 7, "azureml-envs"};
  expected.os_release_text = "ID=debian\n";
  expected.environments_text = "/opt/conda\n";
  EXPECT_EQ(facts, expected);
}

TEST(BaseFacts, FollowsLinksOfTheImage) {
  TarBuilder tar;
  tar.add({.path = "home/me/", .type = '5', .mode = 0711});
  tar.add({.path = "root", .type = '2', .link_target = "/home/me"});
  tar.add({.path = "root/.conda/environments.txt", .content = "x"});
  const auto facts = read_base_facts(MemoryImage::of({tar.finish()}), kPrefix);
  EXPECT_EQ(facts.directories.at("root").real_path, "home/me");
  EXPECT_EQ(facts.directories.at("root").mode, 0711U);
  EXPECT_EQ(facts.directories.at("root/.conda").real_path, "home/me/.conda");
  EXPECT_EQ(facts.environments_text, "x");
}

TEST(BaseFacts, TellsWhetherThePrefixIsInUse) {
  const auto in_use = [](const TarBuilder& tar) {
    return read_base_facts(MemoryImage::of({tar.finish()}), kPrefix).prefix_in_use;
  };
  EXPECT_FALSE(in_use(TarBuilder().add({.path = "azureml-envs/other/f"})));
  EXPECT_FALSE(in_use(TarBuilder().add({.path = "azureml-envs/kasane/", .type = '5'})));
  EXPECT_TRUE(in_use(TarBuilder().add({.path = "azureml-envs/kasane/bin/", .type = '5'})));
  EXPECT_TRUE(in_use(TarBuilder().add({.path = "azureml-envs/kasane"})));
  EXPECT_TRUE(in_use(
      TarBuilder().add({.path = "azureml-envs/kasane", .type = '2', .link_target = "nowhere"})));
  EXPECT_TRUE(in_use(TarBuilder()
                         .add({.path = "opt/kasane/f"})
                         .add({.path = "azureml-envs", .type = '2', .link_target = "opt"})));
}

TEST(BaseFacts, RefusesTextsWithoutBound) {
  TarBuilder tar;
  tar.add({.path = "etc/os-release", .content = std::string((1 << 20) + 1, 'x')});
  try {
    read_base_facts(MemoryImage::of({tar.finish()}), kPrefix);
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::kRefused);
    EXPECT_EQ(error.message(),
              "`etc/os-release` of the base image is 1048577 bytes large, more than 1048576 are "
              "refused");
  }
}

TEST(BaseFacts, ReadsWhatItRenders) {
  BaseFacts facts;
  facts.directories["a/b"] = {01777, 7, 8, -9, "x\xff/y"};
  facts.prefix_in_use = true;
  facts.os_release_text = std::string("\0\xff\n", 3);
  EXPECT_EQ(BaseFacts::parse(facts.render()), facts);
  EXPECT_EQ(BaseFacts::parse(BaseFacts().render()), BaseFacts());
  EXPECT_EQ(facts.render().find('\n'), std::string::npos);
  for (const char* text : {"", "{}", "[]", R"({"directories":{},"prefix_in_use":1})",
                           R"({"directories":{},"prefix_in_use":true,"environments_text":"0",)"
                           R"("os_release_text":null})"}) {
    EXPECT_THROW(BaseFacts::parse(text), Error) << text;
  }
}

}  // namespace
}  // namespace kasane::builder
