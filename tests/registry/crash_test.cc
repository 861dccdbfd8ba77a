#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "base/error.h"
#include "registry/open_image.h"
#include "tests/support/memory_file_system.h"
#include "tests/support/tar_builder.h"
#include "tests/support/test_image.h"

/// Promise P6: killed at any instant, what is on disk is valid.
namespace kasane::registry {
namespace {

using test::TarBuilder;
using testing::put_image;
using testing::TestLayer;

TestLayer layer(const std::string& text) {
  return {TarBuilder().add({.path = "f", .content = text}).finish(), Codec::kNone};
}

const std::vector<TestLayer> kOld = {layer("shared"), layer("old")};
const std::vector<TestLayer> kNew = {layer("shared"), layer("new"), layer("newer")};

/// The digest of the image, each of whose blobs has been read to its end.
Digest read_image(FileSystem& files, const std::string& reference) {
  const auto image = open_source(files, ImageReference::parse(reference));
  for (const auto& blob : image->manifest().layers) {
    const auto source = image->open_blob(blob);
    read_all(*source, 1 << 20, "layer");
  }
  return image->manifest().digest();
}

Digest write_image(FileSystem& files, const std::string& reference,
                   const std::vector<TestLayer>& layers) {
  put_image(*open_target(files, ImageReference::parse(reference)), layers);
  return read_image(files, reference);
}

/// Cuts the power after each single change in turn, with several outcomes for each.
void expect_safe(const std::string& old_reference, const std::string& new_reference) {
  for (std::uint64_t changes = 0;; ++changes) {
    bool completed = false;
    for (std::uint64_t seed = 0; seed < 6; ++seed) {
      MemoryFileSystem files(seed);
      files.create_directories("/d");
      files.sync_directory("/");
      const Digest before = write_image(files, old_reference, kOld);
      files.lose_power_after(changes);
      bool published = false;
      try {
        put_image(*open_target(files, ImageReference::parse(new_reference)), kNew);
        published = true;
      } catch (const Error&) {
        EXPECT_TRUE(files.power_is_lost());
      }
      completed = published && !files.power_is_lost();
      files.restore_power();
      const std::string where =
          "after " + std::to_string(changes) + " changes, seed " + std::to_string(seed);
      Digest after = before;
      try {
        after = read_image(files, new_reference);
        if (old_reference != new_reference) {
          ASSERT_EQ(read_image(files, old_reference), before) << where;
        }
      } catch (const Error& error) {
        ASSERT_TRUE(old_reference != new_reference && !published) << where << error.render();
        ASSERT_TRUE(error.message().starts_with("no image is called")) << where << error.render();
        ASSERT_EQ(read_image(files, old_reference), before) << where;
      }
      if (published) {
        ASSERT_NE(after, before) << where;
      }
      // The next run goes on from there.
      ASSERT_NE(write_image(files, new_reference, kNew), before) << where;
      if (old_reference.starts_with("oci:")) {
        ASSERT_EQ(files.list("/d/x/.kasane"), std::vector<std::string>{"lock"}) << where;
      } else {
        ASSERT_EQ(files.list("/d"), std::vector<std::string>{"x"}) << where;
      }
    }
    if (completed) break;
  }
}

TEST(Crash, LeavesALayoutValid) { expect_safe("oci:/d/x:a", "oci:/d/x:b"); }

TEST(Crash, LeavesATagOfALayoutValid) { expect_safe("oci:/d/x:a", "oci:/d/x:a"); }

TEST(Crash, LeavesAnArchiveOfALayoutValid) {
  expect_safe("oci-archive:/d/x:a", "oci-archive:/d/x:a");
}

TEST(Crash, LeavesADockerArchiveValid) {
  expect_safe("docker-archive:/d/x:a:1", "docker-archive:/d/x:a:1");
}

TEST(Crash, LeavesAPlaceThatTheNextRunCanUse) {
  for (std::uint64_t changes = 0;; ++changes) {
    bool completed = false;
    for (std::uint64_t seed = 0; seed < 6; ++seed) {
      MemoryFileSystem files(seed);
      files.create_directories("/d");
      files.sync_directory("/");
      files.lose_power_after(changes);
      bool published = false;
      try {
        put_image(*open_target(files, ImageReference::parse("oci:/d/x:a")), kNew);
        published = true;
      } catch (const Error&) {
        EXPECT_TRUE(files.power_is_lost());
      }
      completed = published && !files.power_is_lost();
      files.restore_power();
      const std::string where =
          "after " + std::to_string(changes) + " changes, seed " + std::to_string(seed);
      if (published) {
        ASSERT_NO_THROW(read_image(files, "oci:/d/x:a")) << where;
      }
      try {
        write_image(files, "oci:/d/x:a", kNew);
      } catch (const Error& error) {
        FAIL() << where << error.render();
      }
    }
    if (completed) break;
  }
}

TEST(Crash, FullDiskIsAClearErrorAndHarmsNothing) {
  for (const std::string& name : {std::string("oci:/d/x:a"), std::string("oci-archive:/d/x:a"),
                                  std::string("docker-archive:/d/x:a:1")}) {
    for (std::uint64_t capacity = 8000;; capacity += 500) {
      MemoryFileSystem files;
      files.create_directories("/d");
      const Digest before = write_image(files, name, kOld);
      files.set_capacity(capacity);
      try {
        put_image(*open_target(files, ImageReference::parse(name)), kNew);
        break;
      } catch (const Error& error) {
        EXPECT_NE(error.message().find("No space left on device"), std::string::npos);
        EXPECT_NE(error.hint_text().find("free some disk space"), std::string::npos);
      }
      ASSERT_EQ(read_image(files, name), before) << name << capacity;
    }
  }
}

}  // namespace
}  // namespace kasane::registry
