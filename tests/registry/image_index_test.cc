#include "registry/image_index.h"

#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "base/error.h"
#include "registry/media_type.h"

namespace kasane::registry {
namespace {

std::string entry(char digit, const std::string& platform, const std::string& rest = "") {
  std::string out =
      R"({"mediaType":"application/vnd.oci.image.manifest.v1+json","digest":"sha256:)" +
      std::string(64, digit) + R"(","size":7)" + rest;
  if (platform.empty()) return out + "}";
  const Platform value = Platform::parse(platform);
  return out + R"(,"platform":{"os":")" + value.os + R"(","architecture":")" + value.architecture +
         (value.variant.empty() ? "" : R"(","variant":")" + value.variant) + "\"}}";
}

ImageIndex index_of(const std::vector<std::string>& entries) {
  std::string list;
  for (const std::string& item : entries) list += (list.empty() ? "" : ",") + item;
  return ImageIndex::parse(R"({"schemaVersion":2,"manifests":[)" + list + "]}");
}

char chosen(const ImageIndex& index, const std::string& platform) {
  return index.choose(Platform::parse(platform)).descriptor.digest.hex()[0];
}

TEST(ImageIndex, ChoosesWhatRunsOnThePlatform) {
  const auto index = index_of({entry('0', "linux/arm/v7"), entry('1', "linux/amd64/v3"),
                               entry('2', "linux/amd64"), entry('3', "linux/arm64/v8"),
                               entry('4', "windows/amd64"), entry('5', "unknown/unknown")});
  EXPECT_EQ(chosen(index, "linux/amd64"), '2');
  EXPECT_EQ(chosen(index, "linux/x86_64"), '2');
  EXPECT_EQ(chosen(index, "linux/amd64/v3"), '1');
  EXPECT_EQ(chosen(index, "linux/amd64/v2"), '2');
  EXPECT_EQ(chosen(index, "linux/arm64"), '3');
  EXPECT_EQ(chosen(index, "linux/aarch64"), '3');
  EXPECT_EQ(chosen(index, "linux/arm/v7"), '0');
}

TEST(ImageIndex, PrefersThePlainVariant) {
  EXPECT_EQ(
      chosen(index_of({entry('1', "linux/arm64/v8"), entry('2', "linux/arm64")}), "linux/arm64"),
      '2');
  EXPECT_EQ(
      chosen(index_of({entry('1', "linux/arm64/v9"), entry('2', "linux/arm64/v8")}), "linux/arm64"),
      '2');
}

TEST(ImageIndex, TakesALoneImageWithoutAPlatform) {
  EXPECT_EQ(chosen(index_of({entry('1', ""), entry('2', "unknown/unknown")}), "linux/amd64"), '1');
}

TEST(ImageIndex, SaysWhatThereIsWhenNothingRuns) {
  const auto index =
      index_of({entry('1', "linux/amd64/v3"), entry('2', "windows/amd64"), entry('3', "")});
  try {
    index.choose(Platform::parse("linux/amd64"));
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.message(),
              "no image for `linux/amd64`: there is one for `linux/amd64/v3`, `windows/amd64`, an "
              "unstated platform");
  }
}

TEST(ImageIndex, KnowsWhatHangsOnImages) {
  const auto index = index_of(
      {entry('1', "", R"(,"artifactType":"application/vnd.example.sbom")"), entry('2', "")});
  EXPECT_FALSE(index.entries[0].may_be_image);
  EXPECT_TRUE(index.entries[1].may_be_image);
}

TEST(ImageIndex, SaysWhatIsWrong) {
  const std::vector<std::pair<std::string, std::string>> cases = {
      {"garbage", "the index is no valid JSON at byte 1"},
      {R"({"schemaVersion":1,"manifests":[]})", "the index has no `schemaVersion` of `2`"},
      {R"({"schemaVersion":2})", "the index has no `manifests`"},
      {R"({"schemaVersion":2,"manifests":[],"layers":[]})",
       "the index is ambiguous: it has the fields of an image manifest"},
      {R"({"schemaVersion":2,"manifests":[],"mediaType":"x"})",
       "the index has the media type `x`, expected an index"},
      {R"({"schemaVersion":2,"manifests":[1]})",
       "entry 1 of the index is a JSON number, expected an object"},
      {R"({"schemaVersion":2,"manifests":[)" + entry('0', "", R"(,"platform":"x")") + "]}",
       "entry 1 of the index has a `platform` that is no object"},
  };
  for (const auto& [text, message] : cases) {
    try {
      ImageIndex::parse(text);
      ADD_FAILURE() << text;
    } catch (const Error& error) {
      EXPECT_EQ(error.kind(), ErrorKind::kIntegrity);
      EXPECT_EQ(error.message(), message) << text;
    }
  }
}

TEST(Platform, ReadsAndRenders) {
  for (const char* text : {"linux/amd64", "linux/arm64/v8"}) {
    EXPECT_EQ(Platform::parse(text).render(), text);
  }
  for (const char* text : {"", "linux", "linux/", "/amd64", "linux/a/b/c", "Linux/amd64"}) {
    EXPECT_THROW(Platform::parse(text), Error) << text;
  }
}

}  // namespace
}  // namespace kasane::registry
