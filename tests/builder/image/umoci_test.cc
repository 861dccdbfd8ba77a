#include <unistd.h>

#include <cstring>
#include <filesystem>
#include <fstream>
#include <map>
#include <random>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "base/error.h"
#include "builder/image/unpack.h"
#include "registry/open_image.h"
#include "tests/support/disk_listing.h"
#include "tests/support/run_tool.h"
#include "tests/support/tar_builder.h"
#include "tests/support/temporary_directory.h"
#include "tests/support/test_image.h"

/// umoci's `unpack` as the oracle of ours.
namespace kasane::builder {
namespace {

using test::TarBuilder;
using testing::disk_listing;
using testing::put_image;
using testing::run_tool;
using testing::TemporaryDirectory;
using testing::TestLayer;

std::string lines(const std::vector<ListingEntry>& listing) {
  std::string out;
  for (const ListingEntry& entry : listing) out += entry.render() + "\n";
  return out;
}

class Umoci : public ::testing::Test {
 protected:
  void SetUp() override {
    if (!testing::has_tool("umoci")) GTEST_SKIP() << "umoci is not installed";
    if (::geteuid() != 0) GTEST_SKIP() << "needs root, to compare owners";
  }

  /// What umoci makes of the image; empty when it refuses.
  std::string by_umoci(const std::string& tag) {
    const auto bundle = directory_ / "bundle";
    std::filesystem::remove_all(bundle);
    const auto result =
        run_tool({"umoci", "unpack", "--image", layout() + ":" + tag, bundle.native()});
    errors_ = result.errors;
    return result.exit_code == 0 ? lines(disk_listing(bundle / "rootfs")) : "";
  }
  std::string by_us(const std::string& tag) {
    const auto image = registry::open_source(
        files_, registry::ImageReference::parse("oci:" + layout() + ":" + tag));
    const auto out = directory_ / "out";
    std::filesystem::remove_all(out);
    unpack(*image, out, {.ownership = Ownership::kKeep});
    return lines(disk_listing(out));
  }
  void put(const std::string& tag, const std::vector<TestLayer>& layers) {
    put_image(*registry::open_target(
                  files_, registry::ImageReference::parse("oci:" + layout() + ":" + tag)),
              layers);
  }
  std::string layout() const { return (directory_ / "layout").native(); }

  PosixFileSystem files_;
  TemporaryDirectory directory_;
  std::string errors_;
};

TEST_F(Umoci, MakesTheSameTree) {
  const auto own = [](char* block) {
    std::memcpy(block + 108, "0001750", 7);
    std::memcpy(block + 116, "0001751", 7);
  };
  const std::string long_name(150, 'n');
  TarBuilder below;
  below.add({.path = "./", .type = '5', .mode = 0755, .mtime = 9});
  below.add({.path = "./usr/", .type = '5', .mode = 0755, .mtime = 100});
  below.add({.path = "./usr/bin/", .type = '5', .mode = 02555, .mtime = 101}).edit_header(own);
  below.add({.path = "./usr/bin/su", .content = "su", .mode = 04755, .mtime = 102});
  below.add({.path = "./usr/bin/tool", .content = "t", .mode = 06711}).edit_header(own);
  below.add({.path = "./bin", .type = '2', .link_target = "usr/bin", .mode = 0777, .mtime = 103});
  below.add({.path = "./abs", .type = '2', .link_target = "/usr", .mode = 0777, .mtime = 103});
  below.add({.path = "./usr/gone", .content = "x"});
  below.add({.path = "./opt/", .type = '5', .mode = 0700, .mtime = 7});
  below.add({.path = "./opt/a", .content = "a"});
  below.add({.path = "./opt/b/", .type = '5', .mode = 0700, .mtime = 8});
  below.add({.path = "./opt/b/c", .content = "c"});
  below.add({.path = "./fifo", .type = '6', .mode = 0640, .mtime = 104});
  below.add({.path = "./null", .type = '3', .mode = 0666, .mtime = 105});
  below.add({.path = "./tmp/", .type = '5', .mode = 01777, .mtime = 105});
  below.add_gnu_long('L', long_name).add({.path = "n", .content = "long", .mtime = 1});
  below.add_pax({{"SCHILY.xattr.user.x", "y"}, {"path", "pax"}});
  below.add({.path = "p", .content = "pax", .mtime = 2});
  TarBuilder above;
  above.add({.path = "usr/.wh.gone"});
  above.add({.path = "opt/", .type = '5', .mode = 0711, .mtime = 300});
  above.add({.path = "opt/.wh..wh..opq"});
  above.add({.path = "opt/new", .content = "n"});
  above.add({.path = "bin/sh", .content = std::string(700000, 's'), .mode = 0755, .mtime = 200});
  above.add({.path = "abs/share", .content = "x", .mtime = 201});
  above.add({.path = "bash", .type = '1', .link_target = "usr/bin/sh"});
  above.add({.path = "tool", .type = '1', .link_target = "usr/bin/tool"});
  above.add({.path = "tmp", .content = "now a file", .mode = 0600, .mtime = 5});
  put("a", {{below.finish()}, {above.finish(), Codec::kNone}});
  const std::string ours = by_us("a");
  EXPECT_EQ(ours, by_umoci("a")) << errors_;
  EXPECT_NE(ours.find("usr/bin/tool file 6711 1000:1001"), std::string::npos);
}

TEST_F(Umoci, MakesTheSameTreeOfALayerThatItInserted) {
  const auto content = directory_ / "content";
  std::filesystem::create_directories(content / "d");
  std::ofstream(content / "d/f") << "text";
  std::filesystem::create_hard_link(content / "d/f", content / "h");
  put("a", {{TarBuilder().add({.path = "x", .content = "x", .mtime = 1}).finish()}});
  const auto inserted =
      run_tool({"umoci", "insert", "--image", layout() + ":a", content.native(), "/opt"});
  ASSERT_EQ(inserted.exit_code, 0) << inserted.errors;
  const std::string ours = by_us("a");
  EXPECT_NE(ours.find("opt/d/f file"), std::string::npos) << ours;
  EXPECT_EQ(ours, by_umoci("a")) << errors_;
}

/// A layer as tools write them: directories before what is in them, whiteouts first, no name twice.
std::string random_layer(std::mt19937& random, bool whiteouts) {
  const auto pick = [&](unsigned n) { return random() % n; };
  std::map<std::string, char> names;
  for (unsigned i = 3 + pick(12); i > 0; --i) {
    std::string path;
    for (unsigned depth = pick(3); depth > 0; --depth) {
      path += std::string(1, "abc"[pick(3)]);
      names.emplace(path, '5');
      path += "/";
    }
    names.emplace(path + std::string(1, "fgh"[pick(3)]), "00026"[pick(5)]);
  }
  TarBuilder tar;
  std::map<std::string, bool> hidden;
  for (const auto& [path, type] : names) {
    if (type != '5' || !whiteouts) continue;
    const unsigned kind = pick(8);
    if (kind == 0) hidden.emplace(path + "/.wh..wh..opq", true);
    const std::string name(1, "abcfgh"[pick(6)]);
    if (kind == 1 && !names.contains(path + "/" + name))
      hidden.emplace(path + "/.wh." + name, true);
  }
  for (const auto& [path, type] : names) {
    const std::uint32_t mode = 0700 | pick(0100);
    const auto mtime = static_cast<std::int64_t>(1 + pick(1000));
    if (type == '5') {
      tar.add({.path = path + "/", .type = '5', .mode = mode, .mtime = mtime});
      for (const auto& item : hidden) {
        const std::string& whiteout = item.first;
        if (whiteout.substr(0, whiteout.rfind('/')) == path) tar.add({.path = whiteout});
      }
    } else if (type == '2') {
      tar.add({.path = path, .type = '2', .link_target = "abc", .mode = 0777, .mtime = mtime});
    } else {
      const std::string content = type == '0' ? path : "";
      tar.add({.path = path, .content = content, .type = type, .mode = mode, .mtime = mtime});
    }
  }
  return tar.finish();
}

TEST_F(Umoci, MakesTheSameTreeOfRandomImages) {
  for (unsigned seed = 0; seed < 20; ++seed) {
    std::mt19937 random(seed);
    std::vector<TestLayer> layers;
    for (int i = 0; i < 4; ++i) layers.push_back({random_layer(random, i > 0)});
    const std::string tag = "s" + std::to_string(seed);
    put(tag, layers);
    const std::string theirs = by_umoci(tag);
    ASSERT_NE(theirs, "") << errors_;
    ASSERT_EQ(by_us(tag), theirs) << "seed " << seed;
  }
}

}  // namespace
}  // namespace kasane::builder
