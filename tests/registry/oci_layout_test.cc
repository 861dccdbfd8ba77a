#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "base/error.h"
#include "registry/open_image.h"
#include "tests/support/tar_builder.h"
#include "tests/support/temporary_directory.h"
#include "tests/support/test_image.h"

namespace kasane::registry {
namespace {

using test::TarBuilder;
using testing::put_image;
using testing::put_image_blobs;
using testing::TemporaryDirectory;
using testing::TestLayer;

TestLayer layer(const std::string& text, Codec codec = Codec::kGzip) {
  return {TarBuilder().add({.path = "f", .content = text}).finish(), codec};
}

std::string read_file(const Path& path) {
  PosixFileSystem files;
  return files.read_text(path);
}

void write_file(const Path& path, const std::string& text) {
  std::ofstream(path, std::ios::binary) << text;
}

std::string read_blob(const ImageSource& image, const Descriptor& descriptor) {
  const auto source = image.open_blob(descriptor);
  return read_all(*source, 1 << 20, "blob");
}

std::vector<std::string> names_below(const Path& root) {
  std::vector<std::string> out;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(root)) {
    out.push_back(entry.path().lexically_relative(root).native());
  }
  std::sort(out.begin(), out.end());
  return out;
}

class OciLayout : public ::testing::Test {
 protected:
  ImageReference reference(const std::string& tag = "") const {
    return ImageReference::parse("oci:" + root().native() + (tag.empty() ? "" : ":" + tag));
  }
  std::unique_ptr<ImageTarget> target(const std::string& tag = "") {
    return open_target(files_, reference(tag));
  }
  std::unique_ptr<ImageSource> source(const std::string& tag = "") {
    return open_source(files_, reference(tag));
  }
  Error error_of(const std::string& tag = "") {
    try {
      const auto image = source(tag);
      for (const auto& blob : image->manifest().layers) read_blob(*image, blob);
    } catch (const Error& error) {
      return error;
    }
    return Error(ErrorKind::kFailed, "no error");
  }
  Path root() const { return directory_ / "layout"; }
  Path blob(const Digest& digest) const { return root() / "blobs/sha256" / digest.hex(); }

  PosixFileSystem files_;
  TemporaryDirectory directory_;
};

TEST_F(OciLayout, GivesBackWhatWasWritten) {
  const auto manifest = put_image(*target("a"), {layer("1"), layer("2", Codec::kNone)}, {"b"});
  for (const char* tag : {"a", "b"}) {
    const auto image = source(tag);
    EXPECT_EQ(image->manifest().text, manifest.text);
    EXPECT_EQ(image->reference(), "oci:" + root().native() + ":" + tag);
    EXPECT_EQ(read_blob(*image, manifest.layers[1]), layer("2").tar);
    EXPECT_EQ(Digest::of(image->config_text()), manifest.config.digest);
    EXPECT_EQ(image->config().diff_ids().size(), 2U);
  }
  EXPECT_EQ(target("a")->find_current()->digest(), manifest.digest());
  EXPECT_EQ(target("c")->find_current(), std::nullopt);
}

TEST_F(OciLayout, HoldsNothingButTheImage) {
  const auto manifest = put_image(*target(), {layer("1")});
  std::vector<std::string> expected = {".kasane",
                                       ".kasane/lock",
                                       "blobs",
                                       "blobs/sha256",
                                       "blobs/sha256/" + manifest.digest().hex(),
                                       "blobs/sha256/" + manifest.config.digest.hex(),
                                       "blobs/sha256/" + manifest.layers[0].digest.hex(),
                                       "index.json",
                                       "oci-layout"};
  std::sort(expected.begin(), expected.end());
  EXPECT_EQ(names_below(root()), expected);
  EXPECT_EQ(read_file(root() / "oci-layout"), R"({"imageLayoutVersion":"1.0.0"})");
  EXPECT_EQ(read_file(root() / "index.json"),
            R"({"schemaVersion":2,"mediaType":"application/vnd.oci.image.index.v1+json",)"
            R"("manifests":[{"mediaType":"application/vnd.oci.image.manifest.v1+json","digest":")" +
                manifest.digest().render() + R"(","size":)" + std::to_string(manifest.text.size()) +
                R"(,"annotations":{"org.opencontainers.image.ref.name":"latest"}}]})");
}

TEST_F(OciLayout, KeepsWhatOthersHaveWritten) {
  put_image(*target("old"), {layer("1")});
  std::string index = read_file(root() / "index.json");
  const std::string foreign = R"({"mediaType":"application/x","digest":"sha256:)" +
                              std::string(64, '0') + R"(","size":1,"x":[1]})";
  index.insert(index.find("[{") + 1, foreign + ",");
  index.insert(1, R"("annotations":{"y":"z"},)");
  write_file(root() / "index.json", index);
  put_image(*target("new"), {layer("2")});
  const std::string after = read_file(root() / "index.json");
  EXPECT_TRUE(after.starts_with(index.substr(0, index.size() - 2))) << after;
  EXPECT_NO_THROW(source("old"));
  EXPECT_NO_THROW(source("new"));
}

TEST_F(OciLayout, MovesATagInItsPlace) {
  put_image(*target("a"), {layer("1")});
  put_image(*target("b"), {layer("2")});
  const auto third = put_image(*target("a"), {layer("3")});
  EXPECT_EQ(source("a")->manifest().digest(), third.digest());
  const std::string index = read_file(root() / "index.json");
  EXPECT_LT(index.find(R"(ref.name":"a")"), index.find(R"(ref.name":"b")"));
  EXPECT_EQ(index.find(R"(ref.name":"a")"), index.rfind(R"(ref.name":"a")"));
}

TEST_F(OciLayout, PublishesNothingWhoseBlobsAreMissing) {
  auto destination = target("a");
  auto manifest = put_image_blobs(*destination, {layer("1")});
  ASSERT_TRUE(std::filesystem::remove(blob(manifest.layers[0].digest)));
  try {
    destination->publish(manifest, {});
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::kIntegrity);
    EXPECT_EQ(error.message(), "the layer `" + manifest.layers[0].digest.render() + "` of " +
                                   std::to_string(manifest.layers[0].size_bytes) +
                                   " bytes is not there: its manifest cannot be published");
  }
  EXPECT_EQ(error_of("a").message(),
            "no image is called `a` in `oci:" + root().native() + ":a`; its tags are none");
}

TEST_F(OciLayout, DropsABlobThatIsNotCommitted) {
  auto destination = target();
  destination->begin_blob()->write("half");
  EXPECT_EQ(names_below(root() / "blobs/sha256").size(), 0U);
  destination.reset();
  EXPECT_EQ(names_below(root() / ".kasane"), std::vector<std::string>{"lock"});
}

TEST_F(OciLayout, TellsTheLayersThatItHolds) {
  TestLayer keyed = layer("1");
  keyed.annotations["io.kasane.layer.key"] = "k";
  const auto first = put_image(*target("a"), {keyed, layer("2")});
  put_image(*target("b"), {keyed, layer("3", Codec::kNone)});
  const auto known = target()->known_layers();
  ASSERT_EQ(known.size(), 3U);
  int found = 0;
  for (const KnownLayer& item : known) {
    if (item.descriptor != first.layers[0]) continue;
    ++found;
    EXPECT_EQ(item.diff_id, DiffId(Digest::of(keyed.tar)));
  }
  EXPECT_EQ(found, 1);
}

TEST_F(OciLayout, PassesOverBrokenImagesWhenAskedForLayers) {
  const auto first = put_image(*target("a"), {layer("1")});
  put_image(*target("b"), {layer("2")});
  write_file(blob(first.config.digest), "x");
  EXPECT_EQ(target()->known_layers().size(), 1U);
}

TEST_F(OciLayout, AsksForATagAmongSeveralImages) {
  put_image(*target("b"), {layer("1")});
  put_image(*target("a"), {layer("2")});
  const Error error = error_of();
  EXPECT_EQ(error.message(),
            "`oci:" + root().native() + "` holds several images; its tags are `a`, `b`");
  EXPECT_EQ(error.hint_text(), "add the tag: `oci:DIR:TAG`");
  EXPECT_EQ(error_of("c").message(),
            "no image is called `c` in `oci:" + root().native() + ":c`; its tags are `a`, `b`");
}

TEST_F(OciLayout, TakesTheOnlyImageWithoutATag) {
  const auto manifest = put_image(*target("b"), {layer("1")}, {"c"});
  EXPECT_EQ(source()->manifest().digest(), manifest.digest());
}

TEST_F(OciLayout, SaysWhichBlobIsWrong) {
  const auto manifest = put_image(*target("a"), {layer("1", Codec::kNone)});
  const std::string where = "while reading `oci:" + root().native() + ":a`";
  const auto expect = [&](const std::string& message) {
    const Error error = error_of("a");
    EXPECT_EQ(error.kind(), ErrorKind::kIntegrity);
    EXPECT_EQ(error.message(), message);
    EXPECT_EQ(error.contexts(), std::vector<std::string>{where});
  };
  const std::string digest = manifest.layers[0].digest.render();
  std::string bytes = layer("1").tar;
  bytes[600] ^= 1;
  write_file(blob(manifest.layers[0].digest), bytes);
  expect("digest mismatch for layer `" + digest + "`: expected `" + digest + "`, got `" +
         Digest::of(bytes).render() + "`");
  write_file(blob(manifest.layers[0].digest), bytes.substr(0, 100));
  expect("size mismatch for layer `" + digest + "`: expected 2048 bytes, got 100");
  std::filesystem::remove(blob(manifest.layers[0].digest));
  expect("layer `" + digest + "` is missing");
  write_file(blob(manifest.config.digest), std::string(manifest.config.size_bytes, ' '));
  const std::string config = manifest.config.digest.render();
  expect("digest mismatch for configuration `" + config + "`: expected `" + config + "`, got `" +
         Digest::of(std::string(manifest.config.size_bytes, ' ')).render() + "`");
  std::filesystem::remove(blob(manifest.digest()));
  expect("manifest `" + manifest.digest().render() + "` is missing");
}

TEST_F(OciLayout, RefusesWhatIsNoLayout) {
  const std::string where = "oci:" + root().native();
  EXPECT_EQ(error_of().message(), "no such directory: `" + root().native() + "`");
  std::filesystem::create_directory(root());
  EXPECT_EQ(error_of().message(), "not an OCI image layout: it has no `oci-layout`");
  write_file(root() / "oci-layout", R"({"imageLayoutVersion":"2.0.0"})");
  EXPECT_EQ(error_of().message(), "expected an OCI image layout of version `1.0.0`, got `2.0.0`");
  write_file(root() / "oci-layout", R"({"imageLayoutVersion":"1.0.0"})");
  EXPECT_EQ(error_of().message(), "not an OCI image layout: it has no `index.json`");
  write_file(root() / "index.json", "\x01\x02");
  EXPECT_EQ(error_of().message(), "`index.json` is no valid JSON at byte 1");
}

TEST_F(OciLayout, IsNotMadeAmongOtherFiles) {
  std::filesystem::create_directory(root());
  write_file(root() / "thesis.tex", "x");
  try {
    target()->begin_blob();
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::kRefused);
    EXPECT_EQ(error.message(),
              "`" + root().native() + "` holds other files and is no OCI image layout");
  }
  EXPECT_EQ(names_below(root()), std::vector<std::string>{"thesis.tex"});
}

TEST_F(OciLayout, LeavesAnIndexAloneThatItCannotRead) {
  put_image(*target("a"), {layer("1")});
  write_file(root() / "index.json", R"({"schemaVersion":2,"manifests":7})");
  EXPECT_THROW(put_image(*target("b"), {layer("2")}), Error);
  EXPECT_EQ(read_file(root() / "index.json"), R"({"schemaVersion":2,"manifests":7})");
}

TEST_F(OciLayout, FollowsNestedIndexes) {
  const auto manifest = put_image(*target("a"), {layer("1")});
  const auto wrap = [&](const std::string& digest, std::size_t size, const std::string& rest) {
    return R"({"schemaVersion":2,"manifests":[{"mediaType":"application/vnd.oci.image.)" + rest +
           R"(.v1+json","digest":")" + digest + R"(","size":)" + std::to_string(size) + "}]}";
  };
  std::string text = wrap(manifest.digest().render(), manifest.text.size(), "manifest");
  for (int depth = 1; depth <= 9; ++depth) {
    write_file(blob(Digest::of(text)), text);
    text = wrap(Digest::of(text).render(), text.size(), "index");
    write_file(root() / "index.json", text);
    if (depth <= 8) {
      EXPECT_EQ(source()->manifest().digest(), manifest.digest());
    } else {
      EXPECT_EQ(error_of().message(),
                "indexes in `oci:" + root().native() + "` are nested more than 8 deep");
    }
    EXPECT_EQ(target()->known_layers().size(), 1U);
  }
}

TEST_F(OciLayout, RefusesAnImageForAnotherPlatform) {
  put_image(*target("a"), {layer("1")});
  try {
    open_source(files_, reference("a"), {.platform = Platform::parse("linux/arm64")});
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.message(),
              "expected an image for `linux/arm64`, this one is for `linux/amd64`");
  }
  EXPECT_NO_THROW(
      open_source(files_, reference("a"), {.platform = Platform::parse("linux/amd64")}));
}

TEST_F(OciLayout, ReadsBlobsThatAreLinksOnlyByTheirDigest) {
  const auto manifest = put_image(*target("a"), {layer("1", Codec::kNone)});
  const Path path = blob(manifest.layers[0].digest);
  std::filesystem::rename(path, directory_ / "moved");
  std::filesystem::create_symlink(directory_ / "moved", path);
  EXPECT_EQ(read_blob(*source("a"), manifest.layers[0]), layer("1").tar);
  // It may go with what it leads to: for a target that is no blob.
  EXPECT_FALSE(target("a")->has_blob(manifest.layers[0].digest, 2048));
  write_file(directory_ / "moved", std::string(2048, 's'));
  EXPECT_TRUE(error_of("a").message().starts_with("digest mismatch for layer"));
}

TEST_F(OciLayout, LosesNoTagOfConcurrentProcesses) {
  constexpr int kProcesses = 8;
  constexpr int kTags = 6;
  std::vector<pid_t> children;
  for (int process = 0; process < kProcesses; ++process) {
    const pid_t child = ::fork();
    ASSERT_GE(child, 0);
    if (child == 0) {
      int status = 0;
      try {
        for (int tag = 0; tag < kTags; ++tag) {
          const std::string name = "t" + std::to_string(process) + "-" + std::to_string(tag);
          put_image(*target(name), {layer(name), layer("shared")});
        }
      } catch (const Error&) {
        status = 1;
      }
      ::_exit(status);
    }
    children.push_back(child);
  }
  for (const pid_t child : children) {
    int status = 0;
    ASSERT_EQ(::waitpid(child, &status, 0), child);
    EXPECT_EQ(status, 0);
  }
  for (int process = 0; process < kProcesses; ++process) {
    for (int tag = 0; tag < kTags; ++tag) {
      EXPECT_NO_THROW(source("t" + std::to_string(process) + "-" + std::to_string(tag)));
    }
  }
  EXPECT_EQ(names_below(root() / ".kasane"), std::vector<std::string>{"lock"});
}

TEST_F(OciLayout, CleansUpAfterAProcessThatDied) {
  put_image(*target("a"), {layer("1")});
  const pid_t child = ::fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    const auto destination = target("b");
    const auto unfinished = destination->begin_blob();
    unfinished->write("half");
    ::_exit(0);
  }
  ASSERT_EQ(::waitpid(child, nullptr, 0), child);
  EXPECT_GT(names_below(root() / ".kasane").size(), 1U);
  EXPECT_NO_THROW(source("a"));
  // One that still lives keeps its files.
  const auto living = target("c");
  const auto unfinished = living->begin_blob();
  put_image(*target("b"), {layer("2")});
  unfinished->write("x");
  EXPECT_EQ(unfinished->commit(), Digest::of("x"));
  EXPECT_EQ(names_below(root() / ".kasane").size(), 3U);
}

}  // namespace
}  // namespace kasane::registry
