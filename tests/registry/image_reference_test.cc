#include "registry/image_reference.h"

#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "base/error.h"

namespace kasane::registry {
namespace {

TEST(ImageReference, ReadsEveryForm) {
  const auto layout = ImageReference::parse("oci:/a/b:tag/x@1");
  ASSERT_NE(layout.find<OciLayoutReference>(), nullptr);
  EXPECT_EQ(layout.find<OciLayoutReference>()->directory, "/a/b");
  EXPECT_EQ(layout.find<OciLayoutReference>()->tag, "tag/x@1");
  const auto archive = ImageReference::parse("oci-archive:x.tar");
  ASSERT_NE(archive.find<OciArchiveReference>(), nullptr);
  EXPECT_EQ(archive.find<OciArchiveReference>()->tag, std::nullopt);
  const auto docker = ImageReference::parse("docker-archive:x.tar:app");
  ASSERT_NE(docker.find<DockerArchiveReference>(), nullptr);
  EXPECT_EQ(docker.find<DockerArchiveReference>()->name->render(), "docker.io/library/app:latest");
  EXPECT_NE(ImageReference::parse("scratch").find<ScratchReference>(), nullptr);
  EXPECT_EQ(ImageReference::parse("docker://debian"), ImageReference::parse("debian"));
  // An image may be called like a transport.
  EXPECT_EQ(ImageReference::parse("docker:24").render(), "docker.io/library/docker:24");
}

TEST(ImageReference, RendersWhatItReads) {
  for (const char* text :
       {"oci:dir", "oci:dir:latest", "oci:a b/ü:v1", "oci-archive:./x.tar:a--b", "scratch",
        "oci-archive:x.tar", "docker-archive:x.tar", "docker-archive:x.tar:r.io/a:1",
        "docker.io/library/debian:12", "[::1]:5000/a"}) {
    const auto reference = ImageReference::parse(text);
    EXPECT_EQ(reference.render(), text);
    EXPECT_EQ(ImageReference::parse(reference.render()), reference);
  }
}

TEST(ImageReference, SaysWhatIsWrong) {
  struct Case {
    std::string text;
    std::string message;
    std::string hint;
  };
  const std::string tag =
      "expected a tag of letters and digits with `-`, `.`, `_`, `:`, `@`, `+` or `/` between "
      "them, ";
  const std::vector<Case> cases = {
      {"", "expected an image reference, got nothing", ""},
      {"oci:", "expected a directory before the tag, got none", ""},
      {"oci::x", "expected a directory before the tag, got none", ""},
      {"oci:a:", tag + "got ``", ""},
      {"oci:a:b c", tag + "got `b c`", ""},
      {"oci:a:-x", tag + "got `-x`", ""},
      {"oci-archive::x", "expected a file before the tag, got none", ""},
      {"docker-archive:a:b@sha256:" + std::string(64, '0'),
       "expected a name and a tag in a Docker archive, got the digest in `b@sha256:" +
           std::string(64, '0') + "`",
       ""},
      {"./x", "expected an image reference, got the path `./x`",
       "write `oci:./x` for an OCI layout, `oci-archive:./x` or `docker-archive:./x` for an "
       "archive"},
      {"docker:r.io/a", "the transport `docker:` is not known", "write `docker://r.io/a`"},
      {"ocidir://x", "the transport `ocidir://` is not known", "write `oci:x`"},
      {"docker-daemon:x", "the transport `docker-daemon:` is not known",
       "use `oci:DIR[:TAG]`, `oci-archive:FILE`, `docker-archive:FILE` or a registry reference"},
  };
  for (const Case& item : cases) {
    try {
      ImageReference::parse(item.text);
      ADD_FAILURE() << item.text;
    } catch (const Error& error) {
      EXPECT_EQ(error.kind(), ErrorKind::kUsage) << item.text;
      EXPECT_EQ(error.message(), item.message) << item.text;
      EXPECT_EQ(error.hint_text(), item.hint) << item.text;
    }
  }
}

TEST(ImageReference, RefusesADirectoryThatCannotBeWritten) {
  EXPECT_EQ(ImageReference::oci_layout("/a", "b").render(), "oci:/a:b");
  EXPECT_THROW(ImageReference::oci_layout("/a:b", std::nullopt), Error);
  EXPECT_THROW(ImageReference::oci_layout("/a", "b c"), Error);
}

}  // namespace
}  // namespace kasane::registry
