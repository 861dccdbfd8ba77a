#include "registry/manifest.h"

#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "base/error.h"

namespace kasane::registry {
namespace {

const std::string kA = "sha256:" + std::string(64, 'a');
const std::string kB = "sha256:" + std::string(64, 'b');

std::string blob(const std::string& type, const std::string& digest, const std::string& rest = "") {
  return R"({"mediaType":")" + type + R"(","digest":")" + digest + R"(","size":7)" + rest + "}";
}

const std::string kConfig = blob(std::string(media_type::kConfig), kA);
const std::string kLayer = blob(std::string(media_type::kLayerGzip), kB);

std::string document(const std::string& config, const std::string& layers,
                     const std::string& rest = "") {
  return R"({"schemaVersion":2,"config":)" + config + R"(,"layers":[)" + layers + "]" + rest + "}";
}

TEST(Manifest, KeepsTheBytesThatNameIt) {
  const std::string text =
      document(kConfig, kLayer + " , " + kLayer, R"(,"annotations":{"x":"y"})");
  const Manifest manifest = Manifest::parse(text);
  EXPECT_EQ(manifest.text, text);
  EXPECT_EQ(manifest.digest(), Digest::of(text));
  EXPECT_EQ(manifest.media_type, media_type::kManifest);
  EXPECT_EQ(manifest.config.digest.render(), kA);
  ASSERT_EQ(manifest.layers.size(), 2U);
  EXPECT_EQ(manifest.layers[0].size_bytes, 7U);
  EXPECT_EQ(manifest.annotations.at("x"), "y");
}

TEST(Manifest, MakesTheSameBytesOfTheSameValues) {
  const Manifest read = Manifest::parse(document(kConfig, kLayer));
  const Manifest made = Manifest::make(read.config, read.layers, {{"b", "2"}, {"a", "1"}});
  EXPECT_EQ(made.text,
            R"({"schemaVersion":2,"mediaType":"application/vnd.oci.image.manifest.v1+json",)"
            R"("config":)" +
                kConfig + R"(,"layers":[)" + kLayer + R"(],"annotations":{"a":"1","b":"2"}})");
  const Manifest again = Manifest::parse(made.text);
  EXPECT_EQ(again.layers, made.layers);
  EXPECT_EQ(again.config, made.config);
  EXPECT_EQ(again.annotations, made.annotations);
}

TEST(Manifest, ReadsDockersSchema2) {
  const Manifest manifest = Manifest::parse(
      R"({"schemaVersion":2,"mediaType":"application/vnd.docker.distribution.manifest.v2+json",)"
      R"("config":)" +
      blob("application/vnd.docker.container.image.v1+json", kA) + R"(,"layers":[)" +
      blob("application/vnd.docker.image.rootfs.diff.tar.gzip", kB) + "]}");
  EXPECT_NO_THROW(manifest.require_image());
  EXPECT_EQ(media_type::to_oci(manifest.layers[0].media_type), media_type::kLayerGzip);
}

TEST(Manifest, RequiresAnImageWhereOneIsNeeded) {
  const auto message = [](const std::string& text) {
    try {
      Manifest::parse(text).require_image();
    } catch (const Error& error) {
      EXPECT_EQ(error.kind(), ErrorKind::kRefused);
      return error.message();
    }
    return std::string();
  };
  EXPECT_EQ(message(document(blob("application/vnd.cncf.helm.config.v1+json", kA), "")),
            "expected a container image, found an artifact whose configuration is "
            "`application/vnd.cncf.helm.config.v1+json`");
  EXPECT_EQ(message(document(kConfig, blob("text/plain", kB))),
            "layer `" + kB +
                "` is of the media type `text/plain`, expected a tar, gzip or zstd "
                "layer");
}

TEST(Manifest, SaysWhatIsWrong) {
  struct Case {
    std::string text;
    ErrorKind kind;
    std::string message;
  };
  const std::string deep = std::string(100, '[') + std::string(100, ']');
  std::string many = R"({"schemaVersion":2,"x":{)";
  for (int i = 0; i < 5000; ++i) many += "\"k" + std::to_string(i) + "\":0,";
  many += "\"end\":0}}";
  const auto integrity = ErrorKind::kIntegrity;
  const auto refused = ErrorKind::kRefused;
  const std::string urls = R"(,"urls":["https://example.com/x"])";
  const std::vector<Case> cases = {
      {"", integrity, "the manifest is no valid JSON at byte 1"},
      {"[]", integrity, "the manifest is a JSON array, expected an object"},
      {"{}", integrity, "the manifest has no `schemaVersion` of `2`"},
      {R"({"schemaVersion":1,"fsLayers":[]})", refused,
       "the manifest is in Docker's schema 1, which names no layers"},
      {R"({"schemaVersion":2})", integrity, "the manifest has no `config`"},
      {R"({"schemaVersion":2,"manifests":[]})", integrity,
       "expected an image manifest, found an index: it has `manifests`"},
      {R"({"schemaVersion":2,"mediaType":"x/y"})", integrity,
       "expected an image manifest, found the media type `x/y`"},
      {R"({"schemaVersion":2,"config":)" + kConfig + "}", integrity,
       "the manifest has no `layers`"},
      {R"({"schemaVersion":2,"config":)" + kConfig + R"(,"layers":{}})", integrity,
       "the manifest has an object for `layers`, expected an array"},
      {document("7", ""), integrity, "the configuration is a JSON number, expected an object"},
      {document(kConfig, R"({"mediaType":"x","size":1})"), integrity, "layer 1 has no `digest`"},
      {document(kConfig, R"({"mediaType":"x","digest":"sha256:0","size":1})"), integrity,
       "expected `sha256:` and 64 lower-case hex digits, got `sha256:0`"},
      {document(kConfig, R"({"mediaType":"x","size":-1,"digest":")" + kA + "\"}"), integrity,
       "layer 1 has `-1` as `size`, expected a size in bytes"},
      {document(kConfig, R"({"mediaType":"x","size":1.5,"digest":")" + kA + "\"}"), integrity,
       "layer 1 has `1.5` as `size`, expected a size in bytes"},
      {document(kConfig, R"({"mediaType":"x","size":9223372036854775808,"digest":")" + kA + "\"}"),
       integrity, "layer 1 has `9223372036854775808` as `size`, expected a size in bytes"},
      {document(kConfig, blob("a", kB, urls)), refused,
       "layer 1 `" + kB + "` is a foreign layer: its bytes are not part of the image"},
      {document(kConfig, blob("application/vnd.docker.image.rootfs.foreign.diff.tar.gzip", kB)),
       refused, "layer 1 `" + kB + "` is a foreign layer: its bytes are not part of the image"},
      {R"({"schemaVersion":2,"schemaVersion":2})", integrity,
       "the manifest has the key `schemaVersion` twice in one object"},
      {document(kConfig, kLayer, R"(,"Layers":[])"), integrity,
       "the manifest has the key `Layers`, which some tools read as `layers`"},
      {document(kConfig, blob("a", kB, R"(,"SIZE":1)")), integrity,
       "layer 1 has the key `SIZE`, which some tools read as `size`"},
      {R"({"schemaVersion":2,"x":)" + deep + "}", integrity,
       "the manifest is nested more than 64 levels deep"},
      {many, integrity, "the manifest has more than 4096 keys in one object"},
      {document(kConfig, kLayer) + "x", integrity, "the manifest is no valid JSON at byte 341"},
      {std::string((4 << 20) + 1, ' '), refused,
       "the manifest is 4194305 bytes large, more than 4194304 are refused"},
      {document(kConfig, kLayer, R"(,"annotations":{"a":1})"), integrity,
       "the manifest has a number for `annotations`, expected an object of strings"},
      {"{\"schemaVersion\":2,\"x\":\"\xff\"}", integrity,
       "the manifest is no valid JSON at byte 25"},
  };
  for (const Case& item : cases) {
    try {
      Manifest::parse(item.text);
      ADD_FAILURE() << item.text.substr(0, 200);
    } catch (const Error& error) {
      EXPECT_EQ(error.kind(), item.kind) << item.text.substr(0, 200);
      EXPECT_EQ(error.message(), item.message) << item.text.substr(0, 200);
    }
  }
}

}  // namespace
}  // namespace kasane::registry
