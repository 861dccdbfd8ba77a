#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "base/error.h"
#include "registry/open_image.h"
#include "tests/support/run_tool.h"
#include "tests/support/tar_builder.h"
#include "tests/support/temporary_directory.h"
#include "tests/support/test_image.h"

/// What this house writes is read by skopeo, and the other way round.
namespace kasane::registry {
namespace {

using test::TarBuilder;
using testing::has_tool;
using testing::put_image;
using testing::run_tool;
using testing::TemporaryDirectory;
using testing::TestLayer;

class Skopeo : public ::testing::Test {
 protected:
  void SetUp() override {
    if (!has_tool("skopeo")) GTEST_SKIP() << "skopeo is not installed";
  }
  std::string at(const std::string& scheme, const std::string& rest) const {
    return scheme + ":" + directory_.path().native() + "/" + rest;
  }
  Manifest put(const std::string& reference, Codec codec = Codec::kGzip) {
    const auto layer = [&](const std::string& text) {
      return TestLayer{TarBuilder().add({.path = text, .content = text}).finish(), codec};
    };
    return put_image(*open_target(files_, ImageReference::parse(reference)),
                     {layer("one"), layer("two")});
  }
  std::unique_ptr<ImageSource> get(const std::string& reference) {
    return open_source(files_, ImageReference::parse(reference));
  }
  void copy(const std::string& from, const std::string& to) {
    const auto result = run_tool({"skopeo", "--insecure-policy", "copy", from, to});
    ASSERT_EQ(result.exit_code, 0) << result.errors;
  }

  PosixFileSystem files_;
  TemporaryDirectory directory_;
};

TEST_F(Skopeo, ReadsWhatIsWritten) {
  for (const std::string& name : {at("oci", "l:a"), at("oci-archive", "o.tar:a"),
                                  at("docker-archive", "d.tar:docker.io/library/a:1")}) {
    const auto manifest = put(name);
    const auto inspected = run_tool({"skopeo", "inspect", "--raw", name});
    EXPECT_EQ(inspected.exit_code, 0) << inspected.errors;
    if (!name.starts_with("docker")) {
      EXPECT_EQ(inspected.output, manifest.text);
    }
    // A copy checks every blob.
    const std::string copied = at("oci", "copy-of-" + name.substr(0, name.find(':')) + ":b");
    copy(name, copied);
    EXPECT_EQ(get(copied)->config().diff_ids(), get(name)->config().diff_ids());
    EXPECT_EQ(get(copied)->manifest().config.digest, manifest.config.digest);
  }
}

TEST_F(Skopeo, ReadsZstdLayers) {
  const auto manifest = put(at("oci", "l:a"), Codec::kZstd);
  copy(at("oci", "l:a"), at("oci", "m:a"));
  EXPECT_EQ(get(at("oci", "m:a"))->manifest().digest(), manifest.digest());
  put(at("docker-archive", "d.tar:docker.io/library/a:1"), Codec::kZstd);
  copy(at("docker-archive", "d.tar:docker.io/library/a:1"), at("oci", "n:a"));
  EXPECT_EQ(get(at("oci", "n:a"))->config().diff_ids().size(), 2U);
}

TEST_F(Skopeo, WritesWhatIsRead) {
  const auto manifest = put(at("oci", "l:a"));
  const auto original = get(at("oci", "l:a"));
  for (const std::string& name : {at("oci", "m:x/y:1"), at("oci-archive", "o.tar:x/y:1"),
                                  at("docker-archive", "d.tar:docker.io/x/y:1")}) {
    copy(at("oci", "l:a"), name);
    const auto image = get(name);
    EXPECT_EQ(image->config_text(), original->config_text());
    for (const auto& layer : image->manifest().layers) {
      const auto source = image->open_blob(layer);
      EXPECT_EQ(read_all(*source, 1 << 20, "layer").size(), layer.size_bytes);
    }
  }
}

TEST_F(Skopeo, AddsToALayoutThatIsThere) {
  const auto first = put(at("oci", "l:a"));
  put(at("oci", "m:z"), Codec::kNone);
  copy(at("oci", "m:z"), at("oci", "l:b"));
  put(at("oci", "l:c"), Codec::kZstd);
  EXPECT_EQ(get(at("oci", "l:a"))->manifest().digest(), first.digest());
  EXPECT_NO_THROW(get(at("oci", "l:b")));
  EXPECT_NO_THROW(get(at("oci", "l:c")));
}

}  // namespace
}  // namespace kasane::registry
