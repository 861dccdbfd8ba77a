#include "builder/image/unpack.h"

#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <cstring>
#include <filesystem>
#include <fstream>
#include <random>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "base/error.h"
#include "registry/open_image.h"
#include "tests/support/disk_listing.h"
#include "tests/support/memory_image.h"
#include "tests/support/tar_builder.h"
#include "tests/support/temporary_directory.h"

namespace kasane::builder {
namespace {

using test::TarBuilder;
using testing::disk_listing;
using testing::MemoryImage;
using testing::TemporaryDirectory;

bool is_root() { return ::geteuid() == 0; }

Ownership ownership_here() { return is_root() ? Ownership::kKeep : Ownership::kIgnore; }

std::vector<std::string> names_in(const std::filesystem::path& directory) {
  std::vector<std::string> out;
  for (const auto& entry : std::filesystem::directory_iterator(directory)) {
    out.push_back(entry.path().filename().native());
  }
  return out;
}

/// What both say, line by line; owners only where they can be kept.
std::string lines(std::vector<ListingEntry> listing) {
  std::string out;
  for (ListingEntry& entry : listing) {
    if (entry.type == TarEntry::Type::kSymlink) entry.mode = 0777;
    if (!is_root()) entry.user_id = entry.group_id = 0;
    out += entry.render() + "\n";
  }
  return out;
}

class Unpack : public ::testing::Test {
 protected:
  UnpackResult unpack_all(const registry::ImageSource& image) {
    return unpack(image, target(), {.ownership = ownership_here()});
  }
  Error error_of(const registry::ImageSource& image) {
    try {
      unpack_all(image);
    } catch (const Error& error) {
      return error;
    }
    return Error(ErrorKind::kFailed, "no error");
  }
  std::filesystem::path target() const { return directory_ / "out"; }
  TemporaryDirectory directory_;
};

TEST_F(Unpack, WritesWhatTheListingTells) {
  TarBuilder below;
  below.add({.path = "usr/", .type = '5', .mode = 0755, .mtime = 100});
  below.add({.path = "usr/bin/", .type = '5', .mode = 0555, .mtime = 101});
  below.add({.path = "usr/bin/su", .content = "su", .mode = 04755, .mtime = 102});
  below.add({.path = "bin", .type = '2', .link_target = "usr/bin", .mtime = 103});
  below.add({.path = "usr/gone", .content = "x"});
  below.add({.path = "fifo", .type = '6', .mode = 0640, .mtime = 104});
  below.add({.path = "tmp/", .type = '5', .mode = 01777, .mtime = 105});
  below.add({.path = "empty", .mode = 0, .mtime = 5});
  TarBuilder above;
  above.add({.path = "bin/sh", .content = std::string(700000, 's'), .mode = 0755, .mtime = 200});
  above.add({.path = "usr/.wh.gone"});
  above.add({.path = "bash", .type = '1', .link_target = "bin/sh"});
  above.add({.path = "etc/motd", .content = "hi"});
  const auto image = MemoryImage::of({below.finish(), above.finish()});
  const auto result = unpack_all(image);
  EXPECT_EQ(lines(disk_listing(target())), lines(flatten_listing(image)));
  EXPECT_EQ(result.entries, 11U);
  EXPECT_EQ(result.bytes, 700005U);
  EXPECT_TRUE(result.warnings.empty());
  EXPECT_EQ(names_in(directory_.path()), std::vector<std::string>{"out"});
}

TEST_F(Unpack, KeepsOwnersAsRoot) {
  if (!is_root()) GTEST_SKIP() << "needs root";
  TarBuilder tar;
  const auto own = [](char* block) {
    std::memcpy(block + 108, "0001750", 7);
    std::memcpy(block + 116, "0001751", 7);
  };
  tar.add({.path = "d/", .type = '5', .mode = 02750}).edit_header(own);
  tar.add({.path = "d/f", .content = "x", .mode = 06755}).edit_header(own);
  tar.add({.path = "d/l", .type = '2', .link_target = "f"}).edit_header(own);
  tar.add({.path = "null", .type = '3', .mode = 0666}).edit_header([](char* block) {
    std::memcpy(block + 329, "0000001", 7);
    std::memcpy(block + 337, "0000003", 7);
  });
  const auto image = MemoryImage::of({tar.finish()});
  unpack(image, target(), {.ownership = Ownership::kKeep});
  const auto listing = disk_listing(target());
  EXPECT_EQ(lines(listing), lines(flatten_listing(image)));
  EXPECT_EQ(listing[0].user_id, 1000U);
  EXPECT_EQ(listing[2].group_id, 1001U);
  struct stat status {};
  ASSERT_EQ(::stat((target() / "null").c_str(), &status), 0);
  EXPECT_EQ(status.st_rdev, makedev(1, 3));
}

TEST_F(Unpack, LeavesOwnersAndDevicesOutOnDemand) {
  TarBuilder tar;
  tar.add({.path = "null", .type = '3'});
  tar.add({.path = "zero", .type = '1', .link_target = "null"});
  tar.add({.path = "f", .content = "x"}).edit_header([](char* block) {
    std::memcpy(block + 108, "0001750", 7);
  });
  TarBuilder above;
  above.add({.path = ".wh.null"});
  const auto image = MemoryImage::of({tar.finish(), above.finish()});
  const auto result = unpack(image, target(), {.ownership = Ownership::kIgnore});
  const Warnings expected = {
      {"device", "the character device `null` is left out: making it needs root"}};
  EXPECT_EQ(result.warnings, expected);
  const auto listing = disk_listing(target());
  ASSERT_EQ(listing.size(), 1U);
  EXPECT_EQ(listing[0].user_id, ::geteuid());
}

TEST_F(Unpack, KeepsExtendedAttributesWhereTheDiskCan) {
  TarBuilder tar;
  tar.add_pax({{"SCHILY.xattr.user.kasane", "value"}});
  tar.add({.path = "f", .content = "x", .mode = 0444});
  const auto result = unpack_all(MemoryImage::of({tar.finish()}));
  char value[16];
  const auto size = ::getxattr((target() / "f").c_str(), "user.kasane", value, sizeof value);
  if (size < 0) {
    ASSERT_EQ(result.warnings.size(), 1U);
    EXPECT_EQ(result.warnings[0].message,
              "the extended attribute `user.kasane` cannot be kept here, first at `f`");
  } else {
    EXPECT_EQ(std::string(value, static_cast<std::size_t>(size)), "value");
    EXPECT_TRUE(result.warnings.empty());
  }
}

TEST_F(Unpack, UsesAnEmptyDirectoryThatIsThere) {
  std::filesystem::create_directory(target());
  const auto image = MemoryImage::of({TarBuilder().add({.path = "f", .content = "x"}).finish()});
  unpack_all(image);
  EXPECT_EQ(names_in(target()), std::vector<std::string>{"f"});
}

TEST_F(Unpack, RefusesADirectoryWithSomethingInIt) {
  std::filesystem::create_directory(target());
  std::ofstream(target() / "thesis.tex") << "x";
  const auto image = MemoryImage::of({TarBuilder().add({.path = "f"}).finish()});
  const Error error = error_of(image);
  EXPECT_EQ(error.kind(), ErrorKind::kRefused);
  EXPECT_EQ(error.message(),
            "expected `" + target().native() + "` to be absent or an empty directory");
  EXPECT_EQ(names_in(target()), std::vector<std::string>{"thesis.tex"});
}

TEST_F(Unpack, LeavesNothingBehindWhenTheImageIsWrong) {
  TarBuilder tar;
  tar.add({.path = "d/", .type = '5', .mode = 0});
  tar.add({.path = "d/f", .content = "x"});
  tar.add({.path = "../f", .content = "x"});
  const auto image = MemoryImage::of({tar.finish()});
  EXPECT_EQ(error_of(image).message(), "the name leads out of the image by `..`");
  EXPECT_EQ(names_in(directory_.path()).size(), 0U);
  std::filesystem::create_directory(target());
  EXPECT_EQ(error_of(image).kind(), ErrorKind::kRefused);
  EXPECT_EQ(names_in(target()).size(), 0U);
  auto damaged = MemoryImage::of({TarBuilder().add({.path = "f", .content = "x"}).finish()});
  damaged.stored(0)[512] = 'y';
  EXPECT_EQ(error_of(damaged).kind(), ErrorKind::kIntegrity);
  EXPECT_EQ(names_in(target()).size(), 0U);
}

TEST_F(Unpack, WritesNothingThroughLinksThatLeadOut) {
  std::filesystem::create_directory(directory_ / "secret");
  std::ofstream(directory_ / "secret/f") << "old";
  TarBuilder tar;
  tar.add({.path = "l", .type = '2', .link_target = "../secret"});
  tar.add({.path = "m", .type = '2', .link_target = (directory_ / "secret").native()});
  tar.add({.path = "l/f", .content = "new"});
  tar.add({.path = "m/f", .content = "new"});
  tar.add({.path = "l/.wh.f"});
  tar.add({.path = "f", .type = '2', .link_target = "secret/f"});
  tar.add({.path = "f", .content = "new"});
  const auto image = MemoryImage::of({tar.finish()});
  unpack_all(image);
  EXPECT_EQ(PosixFileSystem().read_text(directory_ / "secret/f"), "old");
  EXPECT_EQ(lines(disk_listing(target())), lines(flatten_listing(image)));
  EXPECT_TRUE(std::filesystem::exists(target() / "secret/f"));
}

/// Layers of random entries over a few names, so that everything meets everything. Files are seldom
/// called like directories, and links seldom hard, since most of such images are wrong ones.
std::string random_layer(std::mt19937& random) {
  const auto pick = [&](unsigned n) { return random() % n; };
  const auto directory = [&] { return std::string(1, "abc"[pick(3)]); };
  const auto file = [&] { return pick(12) == 0 ? directory() : std::string(1, "fg"[pick(2)]); };
  const auto parent = [&] {
    std::string out;
    for (unsigned depth = pick(4); depth > 0; --depth) out += directory() + "/";
    return out;
  };
  TarBuilder tar;
  for (unsigned i = 1 + pick(12); i > 0; --i) {
    const std::string in = parent();
    const std::uint32_t mode = 0700 | pick(0100);
    const auto mtime = static_cast<std::int64_t>(pick(1000));
    const unsigned kind = pick(24);
    if (kind < 3) {
      tar.add({.path = in + ".wh." + (pick(2) == 0 ? file() : directory())});
    } else if (kind < 5) {
      tar.add({.path = in + ".wh..wh..opq"});
    } else if (kind < 6) {
      tar.add({.path = in + file(), .type = '1', .link_target = parent() + file()});
    } else if (kind < 8) {
      const std::string to = (pick(2) == 0 ? "/" : "../") + parent() + directory();
      tar.add({.path = in + directory(), .type = '2', .link_target = to});
    } else if (kind < 14) {
      tar.add({.path = in + directory() + "/", .type = '5', .mode = mode, .mtime = mtime});
    } else {
      tar.add({.path = in + file(), .content = parent(), .mode = mode, .mtime = mtime});
    }
  }
  return tar.finish();
}

TEST_F(Unpack, AgreesWithTheListingOnRandomImages) {
  int unpacked = 0;
  for (unsigned seed = 0; seed < 100; ++seed) {
    std::mt19937 random(seed);
    std::vector<std::string> layers;
    for (int i = 0; i < 3; ++i) layers.push_back(random_layer(random));
    const auto image = MemoryImage::of(layers);
    std::vector<ListingEntry> listing;
    try {
      listing = flatten_listing(image);
    } catch (const Error& expected) {
      EXPECT_EQ(error_of(image).render(), expected.render()) << seed;
      EXPECT_EQ(names_in(directory_.path()).size(), 0U) << seed;
      continue;
    }
    unpack_all(image);
    ++unpacked;
    ASSERT_EQ(lines(disk_listing(target())), lines(listing)) << "seed " << seed;
    std::filesystem::remove_all(target());
  }
  EXPECT_GT(unpacked, 25);
}

}  // namespace
}  // namespace kasane::builder
