#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "base/error.h"
#include "registry/open_image.h"
#include "registry/tar_index.h"
#include "tests/support/memory_file.h"
#include "tests/support/tar_builder.h"
#include "tests/support/temporary_directory.h"
#include "tests/support/test_image.h"

namespace kasane::registry {
namespace {

using test::TarBuilder;
using testing::MemoryFile;
using testing::put_image;
using testing::put_image_blobs;
using testing::TemporaryDirectory;
using testing::TestLayer;

TestLayer layer(const std::string& text, Codec codec = Codec::kGzip) {
  return {TarBuilder().add({.path = "f", .content = text}).finish(), codec};
}

std::string read_blob(const ImageSource& image, const Descriptor& descriptor) {
  const auto source = image.open_blob(descriptor);
  return read_all(*source, 1 << 20, "blob");
}

class Archive : public ::testing::Test {
 protected:
  Path file() const { return directory_ / "image.tar"; }
  std::string reference(const std::string& scheme, const std::string& name = "") const {
    return scheme + ":" + file().native() + (name.empty() ? "" : ":" + name);
  }
  std::unique_ptr<ImageTarget> target(const std::string& text) {
    return open_target(files_, ImageReference::parse(text));
  }
  std::unique_ptr<ImageSource> source(const std::string& text) {
    return open_source(files_, ImageReference::parse(text));
  }
  std::string bytes() { return files_.read_text(file()); }
  void write(const std::string& bytes) { std::ofstream(file(), std::ios::binary) << bytes; }
  std::string message(const std::string& text) {
    try {
      const auto image = source(text);
      for (const auto& blob : image->manifest().layers) read_blob(*image, blob);
    } catch (const Error& error) {
      return error.message();
    }
    return "no error";
  }
  std::vector<std::string> names() const {
    std::vector<std::string> out;
    for (const auto& entry : std::filesystem::directory_iterator(directory_.path())) {
      out.push_back(entry.path().filename().native());
    }
    return out;
  }

  PosixFileSystem files_;
  TemporaryDirectory directory_;
};

TEST_F(Archive, OfALayoutGivesBackWhatWasWritten) {
  const auto manifest =
      put_image(*target(reference("oci-archive", "a")), {layer("1"), layer("2", Codec::kZstd)});
  const auto image = source(reference("oci-archive", "a"));
  EXPECT_EQ(image->manifest().text, manifest.text);
  EXPECT_EQ(read_blob(*image, manifest.layers[0]), testing::stored_form(layer("1")));
  EXPECT_EQ(names(), std::vector<std::string>{"image.tar"});
  EXPECT_EQ(message(reference("oci-archive", "b")),
            "no image is called `b` in `" + reference("oci-archive", "b") + "`; its tags are `a`");
}

TEST_F(Archive, IsAFunctionOfTheImage) {
  const std::string both[] = {reference("oci-archive", "a"), reference("docker-archive", "a:1")};
  for (const std::string& name : both) {
    put_image(*target(name), {layer("1"), layer("2")});
    const std::string first = bytes();
    // Another order of writing, and an archive that is there already.
    {
      const auto destination = target(name);
      testing::put_blob(*destination, "unused");
      testing::put_blob(*destination, testing::stored_form(layer("2")));
      put_image(*destination, {layer("1"), layer("2")});
    }
    EXPECT_EQ(bytes(), first) << name;
    std::filesystem::remove(file());
  }
}

TEST_F(Archive, ServesItsOldBlobsToTheNextImage) {
  for (const std::string& name :
       {reference("oci-archive", "a"), reference("docker-archive", "a:1")}) {
    const auto manifest = put_image(*target(name), {layer("1"), layer("2")});
    const auto destination = target(name);
    for (const auto& item : manifest.layers) {
      EXPECT_TRUE(destination->has_blob(item.digest, item.size_bytes));
      EXPECT_FALSE(destination->has_blob(item.digest, item.size_bytes + 1));
    }
    EXPECT_EQ(destination->known_layers().size(), 2U);
    destination->publish(manifest, {});
    const auto image = source(name);
    EXPECT_EQ(read_blob(*image, image->manifest().layers[1]), testing::stored_form(layer("2")));
    std::filesystem::remove(file());
  }
}

TEST_F(Archive, ReplacesWhatCannotBeRead) {
  for (const std::string& name :
       {reference("oci-archive", "a"), reference("docker-archive", "a:1")}) {
    write("garbage");
    put_image(*target(name), {layer("1")});
    EXPECT_EQ(message(name), "no error");
  }
}

TEST_F(Archive, IsNotReplacedByAnImageWithoutItsBlobs) {
  for (const std::string& name :
       {reference("oci-archive", "a"), reference("docker-archive", "a:1")}) {
    put_image(*target(name), {layer("1")});
    const std::string before = bytes();
    auto manifest = put_image_blobs(*target(name), {layer("2")});
    EXPECT_THROW(target(name)->publish(manifest, {}), Error);
    EXPECT_EQ(bytes(), before);
    std::filesystem::remove(file());
  }
  EXPECT_EQ(names().size(), 0U);
}

TEST_F(Archive, OfDockerNamesLayersByTheirDiffIds) {
  const auto manifest = put_image(
      *target(reference("docker-archive", "app:1")),
      {layer("1"), layer("2", Codec::kZstd), layer("3", Codec::kNone), layer("1")}, {"2"});
  const auto image = source(reference("docker-archive", "app:2"));
  const auto& layers = image->manifest().layers;
  ASSERT_EQ(layers.size(), 4U);
  EXPECT_EQ(layers[0].media_type, media_type::kLayerGzip);
  EXPECT_EQ(layers[0].digest, manifest.layers[0].digest);
  // Old engines do not know zstd.
  EXPECT_EQ(layers[1].media_type, media_type::kLayerTar);
  EXPECT_EQ(read_blob(*image, layers[1]), layer("2").tar);
  EXPECT_EQ(read_blob(*image, layers[2]), layer("3").tar);
  EXPECT_EQ(layers[3], layers[0]);
  EXPECT_EQ(Digest::of(image->config_text()), manifest.config.digest);
  EXPECT_EQ(message(reference("docker-archive")), "no error");
  EXPECT_EQ(message(reference("docker-archive", "app:3")),
            "no image is called `docker.io/library/app:3`; the names are "
            "`docker.io/library/app:1`, `docker.io/library/app:2`");
}

TEST_F(Archive, OfDockerNeedsANameForATag) {
  const auto destination = target(reference("docker-archive"));
  try {
    put_image(*destination, {layer("1")}, {"v1"});
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::kUsage);
    EXPECT_EQ(error.message(), "the tag `v1` needs a name to belong to");
  }
  put_image(*destination, {layer("1")});
  EXPECT_EQ(message(reference("docker-archive")), "no error");
}

/// A file as `docker save` of one version or another writes it.
struct Saved {
  std::string config = R"({"architecture":"amd64","os":"linux","rootfs":{"type":"layers",)"
                       R"("diff_ids":[")" +
                       Digest::of(layer("1").tar).render() + R"("]}})";
  std::string name = Digest::of(config).hex() + ".json";
  std::string path = "0f/layer.tar";

  std::string manifest(const std::string& layers) const {
    return R"([{"Config":")" + name + R"(","RepoTags":["app:1"],"Layers":[)" + layers + "]}]";
  }
  std::string tar(const std::string& stored) const {
    return TarBuilder()
        .add({.path = name, .content = config})
        .add({.path = path, .content = stored})
        .add({.path = "manifest.json", .content = manifest("\"" + path + "\"")})
        .finish();
  }
};

TEST_F(Archive, OfDockerIsReadInEveryStyle) {
  const std::string name = reference("docker-archive", "docker.io/library/app:1");
  Saved saved;
  write(saved.tar(layer("1").tar));
  EXPECT_EQ(message(name), "no error");
  write(saved.tar(testing::stored_form(layer("1"))));
  EXPECT_EQ(message(name), "no error");
  EXPECT_EQ(source(name)->manifest().layers[0].media_type, media_type::kLayerGzip);
  saved.path = "blobs/sha256/" + Digest::of(testing::stored_form(layer("1"))).hex();
  saved.name = "blobs/sha256/" + Digest::of(saved.config).hex();
  write(saved.tar(testing::stored_form(layer("1"))));
  EXPECT_EQ(message(name), "no error");
  // The same layer as a link, as Docker and skopeo save it for old engines.
  write(TarBuilder()
            .add({.path = "./x.tar", .content = layer("1").tar})
            .add({.path = "0f/layer.tar", .type = '2', .link_target = "../x.tar"})
            .add({.path = saved.name, .content = saved.config})
            .add({.path = "manifest.json", .content = saved.manifest(R"("0f/layer.tar")")})
            .finish());
  EXPECT_EQ(message(name), "no error");
}

TEST_F(Archive, OfDockerSaysWhatIsWrong) {
  const Saved saved;
  const auto with = [&](const std::string& manifest) {
    write(TarBuilder()
              .add({.path = saved.name, .content = saved.config})
              .add({.path = "l", .content = layer("2").tar})
              .add({.path = "up", .type = '2', .link_target = "../../etc/passwd"})
              .add({.path = "self", .type = '2', .link_target = "self"})
              .add({.path = "bz", .content = "BZh91AY&SY"})
              .add({.path = "bad.json", .content = "{}"})
              .add({.path = std::string(64, '0') + ".json", .content = saved.config})
              .add({.path = "manifest.json", .content = manifest})
              .finish());
    return message(reference("docker-archive"));
  };
  const std::string digest = Digest::of(layer("1").tar).render();
  EXPECT_EQ(with("[]"), "the archive holds no image");
  EXPECT_EQ(with("{}"), "`manifest.json` is a JSON object, expected an array");
  EXPECT_EQ(with("[1]"), "`manifest.json` has an entry that is no object");
  EXPECT_EQ(with("[{}]"), "`manifest.json` has no `Config`");
  EXPECT_EQ(with(R"([{"Config":"x","Layers":[]}])"), "the configuration `x` is missing");
  EXPECT_EQ(with(R"([{"Config":"bad.json","Layers":[]}])"),
            "the image configuration has no `architecture`");
  EXPECT_EQ(with(R"([{"Config":")" + std::string(64, '0') + R"(.json","Layers":[]}])"),
            "digest mismatch for configuration `sha256:" + std::string(64, '0') + "`: got `" +
                Digest::of(saved.config).render() + "`");
  EXPECT_EQ(with(saved.manifest("")), "`manifest.json` has 0 layers, the configuration tells of 1");
  EXPECT_EQ(with(saved.manifest(R"("../x")")), "the layer `../x` is missing");
  EXPECT_EQ(with(saved.manifest(R"("up")")), "the layer `up` is missing");
  EXPECT_EQ(with(saved.manifest(R"("self")")), "the layer `self` is missing");
  EXPECT_EQ(with(saved.manifest(R"("bz")")),
            "the layer `bz` is compressed by bzip2, which images cannot hold");
  EXPECT_EQ(with(saved.manifest(R"("l")")), "digest mismatch for layer `" + digest +
                                                "`: expected `" + digest + "`, got `" +
                                                Digest::of(layer("2").tar).render() + "`");
  const std::string two = saved.manifest(R"("l")");
  EXPECT_EQ(with(two.substr(0, two.size() - 1) + "," + two.substr(1)),
            "the archive holds several images; their names are `app:1`");
}

TEST_F(Archive, OfTheOtherKindIsTold) {
  put_image(*target(reference("oci-archive", "a")), {layer("1")});
  EXPECT_EQ(message(reference("docker-archive")),
            "not a Docker archive: it has no `manifest.json`");
  put_image(*target(reference("docker-archive", "a:1")), {layer("1")});
  EXPECT_EQ(message(reference("oci-archive")), "`" + file().native() +
                                                   "` is a Docker archive, not one of an OCI "
                                                   "layout");
  EXPECT_EQ(message("oci-archive:/no/such/file"), "no such file: `/no/such/file`");
}

TEST_F(Archive, CompressedAsAWholeIsRefused) {
  std::string compressed;
  make_chunk_compressor(CompressionMethod::gzip())->compress(layer("1").tar, compressed);
  write(compressed);
  try {
    source(reference("docker-archive"));
    FAIL();
  } catch (const Error& error) {
    const std::string path = file().native();
    EXPECT_EQ(error.message(),
              "expected an uncompressed tar archive, `" + path + "` is compressed by gzip");
    EXPECT_EQ(error.hint_text(), "run `gzip -dc " + path + " > image.tar` and use that file");
  }
}

std::string index_error(const std::string& bytes) {
  try {
    TarIndex::read(MemoryFile(bytes), "x.tar");
  } catch (const Error& error) {
    return error.message();
  }
  return "no error";
}

TEST(TarIndex, FindsFilesByTheirNames) {
  const std::string name(150, 'n');
  TarBuilder tar;
  tar.add({.path = "./d/", .type = '5'});
  tar.add({.path = "d/a", .content = "abc"});
  tar.add_gnu_long('L', name).add({.path = "x", .content = "long"});
  tar.add_pax({{"path", "pax"}, {"size", "5"}}).add({.path = "y", .content = "12345"});
  tar.add({.path = "d/soft", .type = '2', .link_target = "../d/a"});
  tar.add({.path = "d/hard", .type = '1', .link_target = "d/a"});
  const std::string bytes = tar.finish();
  const auto index = TarIndex::read(MemoryFile(bytes), "x.tar");
  const auto text = [&](std::string_view path) {
    const auto* member = index.find_file(path);
    return member == nullptr ? "" : bytes.substr(member->offset, member->size_bytes);
  };
  EXPECT_EQ(text("d/a"), "abc");
  EXPECT_EQ(text("./d//a"), "abc");
  EXPECT_EQ(text(name), "long");
  EXPECT_EQ(text("pax"), "12345");
  EXPECT_EQ(text("d/soft"), "abc");
  EXPECT_EQ(text("d/hard"), "abc");
  EXPECT_EQ(index.find_file("d"), nullptr);
  EXPECT_EQ(index.find_file("../d/a"), nullptr);
}

TEST(TarIndex, SaysWhatIsWrong) {
  const std::string file = TarBuilder().add({.path = "a", .content = "x"}).open_end();
  EXPECT_EQ(index_error(""), "truncated tar archive: it has no end marker");
  EXPECT_EQ(index_error(file), "truncated tar archive: it has no end marker");
  EXPECT_EQ(index_error(file.substr(0, 300)), "truncated tar archive: it ends within a header");
  EXPECT_EQ(index_error(TarBuilder().add({.path = "a", .content = "x"}).finish().substr(0, 512)),
            "truncated tar archive: it ends before byte 1 of the file at byte 512");
  EXPECT_EQ(index_error(file + TarBuilder().add({.path = "./a", .content = "y"}).finish()),
            "the tar archive has the entry `a` twice");
  for (const char* name : {"../a", "/a", "a/../b"}) {
    EXPECT_NE(index_error(TarBuilder().add({.path = name}).finish()), "no error") << name;
  }
  EXPECT_NE(index_error(TarBuilder().add({.path = "a", .type = 'S'}).finish()), "no error");
  EXPECT_NE(
      index_error(TarBuilder().add({.path = "pax", .content = "99 a=b\n", .type = 'x'}).finish()),
      "no error");
  EXPECT_NE(
      index_error(TarBuilder().add({.path = "pax", .content = "5 abc", .type = 'x'}).finish()),
      "no error");
}

}  // namespace
}  // namespace kasane::registry
