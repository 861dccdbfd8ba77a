#include "registry/image_config.h"

#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "base/error.h"

namespace kasane::registry {
namespace {

const std::string kDiffId = "sha256:" + std::string(64, 'c');

TEST(ImageConfig, KeepsWhatItDoesNotKnow) {
  const std::string text =
      R"({"zebra":{"b":1,"a":[true,null,1.5]},"os":"linux","architecture":"arm64","variant":"v8",)"
      R"("config":{"Healthcheck":{"Test":["NONE"]},"Env":["A=1"]},)"
      R"("rootfs":{"type":"layers","diff_ids":[")" +
      kDiffId + R"("]},"history":[{"x":1}]})";
  const auto config = ImageConfig::parse(text);
  EXPECT_EQ(config.render(), text);
  EXPECT_EQ(config.platform().render(), "linux/arm64/v8");
  EXPECT_EQ(config.diff_ids().at(0).render(), kDiffId);
}

TEST(ImageConfig, SetsVariablesInTheirPlace) {
  auto config = ImageConfig::parse(
      R"({"os":"linux","architecture":"amd64","config":{"Env":["PATH=/bin","BARE","A=b=c"]},)"
      R"("rootfs":{"type":"layers"}})");
  EXPECT_EQ(config.find_variable("A"), "b=c");
  EXPECT_EQ(config.find_variable("BARE"), "");
  EXPECT_EQ(config.find_variable("PAT"), std::nullopt);
  config.set_variable("PATH", "/x");
  config.set_variable("NEW", "1");
  const std::vector<std::pair<std::string, std::string>> expected = {
      {"PATH", "/x"}, {"BARE", ""}, {"A", "b=c"}, {"NEW", "1"}};
  EXPECT_EQ(config.variables(), expected);
  EXPECT_THROW(config.set_variable("", "x"), Error);
  EXPECT_THROW(config.set_variable("a=b", "x"), Error);
}

TEST(ImageConfig, IsMadeForAnArchitecture) {
  auto config = ImageConfig::make("amd64");
  config.append_layer(DiffId::parse(kDiffId), "kasane build");
  config.set_label("b", "2");
  config.set_label("a", "1");
  config.set_variable("PATH", "/bin");
  config.set_command_if_missing({"/bin/sh"});
  config.set_command_if_missing({"/bin/other"});
  EXPECT_EQ(config.render(),
            R"({"created":"1970-01-01T00:00:00Z","architecture":"amd64","os":"linux","config":)"
            R"({"Labels":{"b":"2","a":"1"},"Env":["PATH=/bin"],"Cmd":["/bin/sh"]},)"
            R"("rootfs":{"type":"layers","diff_ids":[")" +
                kDiffId +
                R"("]},"history":)"
                R"([{"created":"1970-01-01T00:00:00Z","created_by":"kasane build"}]})");
  EXPECT_EQ(ImageConfig::parse(config.render()).render(), config.render());
  EXPECT_THROW(ImageConfig::make("riscv64"), Error);
}

TEST(ImageConfig, ReadsDockersNulls) {
  auto config = ImageConfig::parse(
      R"({"os":"linux","architecture":"amd64","config":{"Env":null,"Cmd":null,"Labels":null,)"
      R"("Entrypoint":["/e"]},"rootfs":{"type":"layers","diff_ids":null},"history":null})");
  EXPECT_TRUE(config.variables().empty());
  EXPECT_TRUE(config.diff_ids().empty());
  config.set_command_if_missing({"x"});
  EXPECT_TRUE(config.command().empty());
  config.set_label("a", "b");
  EXPECT_EQ(config.labels().at("a"), "b");
  config.append_layer(DiffId::parse(kDiffId), "x");
  EXPECT_EQ(config.diff_ids().size(), 1U);
}

TEST(ImageConfig, DropsWhatDiffersFromBuildToBuild) {
  auto config = ImageConfig::parse(
      R"({"created":"2024-05-06T07:08:09Z","author":"me","container":"0f","container_config":{},)"
      R"("docker_version":"20","os":"linux","architecture":"amd64","rootfs":{"type":"layers"}})");
  config.make_reproducible();
  EXPECT_EQ(config.render(), R"({"created":"1970-01-01T00:00:00Z","os":"linux",)"
                             R"("architecture":"amd64","rootfs":{"type":"layers"}})");
}

TEST(ImageConfig, CopiesAreApart) {
  const auto first = ImageConfig::make("arm64");
  auto second = first;
  second.set_label("a", "b");
  EXPECT_TRUE(first.labels().empty());
  EXPECT_EQ(first.platform().render(), "linux/arm64/v8");
}

TEST(ImageConfig, RefusesTextThatIsNotUtf8) {
  auto config = ImageConfig::make("amd64");
  config.set_variable("A", "\xff");
  try {
    config.render();
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.message(), "the image configuration would hold text that is not UTF-8");
  }
}

TEST(ImageConfig, SaysWhatIsWrong) {
  const auto with = [](const std::string& rest) {
    return R"({"os":"linux","architecture":"amd64",)" + rest + "}";
  };
  const std::string rootfs = R"("rootfs":{"type":"layers","diff_ids":[]})";
  const std::string prefix = "the image configuration has ";
  const std::vector<std::pair<std::string, std::string>> cases = {
      {"{}", prefix + "no `architecture`"},
      {R"({"architecture":"","os":"linux"})", prefix + "an empty `architecture`"},
      {with(R"("x":1)"), prefix + "no `rootfs`"},
      {with(R"("rootfs":{"type":"x"})"), prefix + "a `rootfs` that is not of the type `layers`"},
      {with(R"("rootfs":{"type":"layers","diff_ids":{}})"),
       prefix + "an object for `diff_ids`, expected an array"},
      {with(R"("rootfs":{"type":"layers","diff_ids":[1]})"),
       prefix + "a diff id that is no string"},
      {with(R"("rootfs":{"type":"layers","diff_ids":["md5:x"]})"),
       "expected `sha256:` and 64 lower-case hex digits, got `md5:x`"},
      {with(rootfs + R"(,"config":[])"), prefix + "a `config` that is no object"},
      {with(rootfs + R"(,"config":{"Env":"x"})"), prefix + "a `config.Env` that is no array"},
      {with(rootfs + R"(,"config":{"Cmd":[1]})"),
       prefix + "a `config.Cmd` with an entry that is no string"},
      {with(rootfs + R"(,"config":{"Labels":{"a":1}})"),
       prefix + "a number for `Labels`, expected an object of strings"},
      {with(rootfs + R"(,"config":{"User":1})"), prefix + "a number for `User`, expected a string"},
      {with(rootfs + R"(,"history":{})"), prefix + "a `history` that is no array"},
      {with(rootfs + R"(,"Config":{})"),
       prefix + "the key `Config`, which some tools read as `config`"},
  };
  for (const auto& [text, message] : cases) {
    try {
      ImageConfig::parse(text);
      ADD_FAILURE() << text;
    } catch (const Error& error) {
      EXPECT_EQ(error.kind(), ErrorKind::kIntegrity) << text;
      EXPECT_EQ(error.message(), message) << text;
    }
  }
}

}  // namespace
}  // namespace kasane::registry
