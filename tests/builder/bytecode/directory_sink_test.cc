#include "builder/bytecode/directory_sink.h"

#include <sys/stat.h>

#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>

#include <gtest/gtest.h>

#include "base/error.h"
#include "tests/support/temporary_directory.h"

namespace kasane::builder {
namespace {

namespace fs = std::filesystem;

class DirectorySinkTest : public ::testing::Test {
 protected:
  DirectorySinkTest() : root_(directory_.path() / "root"), outside_(directory_.path() / "outside") {
    fs::create_directories(root_);
    fs::create_directories(outside_);
    sink_ = std::make_unique<DirectorySink>(root_);
  }

  void put(Entry::Type type, const std::string& path, const std::string& content,
           const std::string& target = {}, std::uint32_t mode = 0644) {
    Entry entry;
    entry.type = type;
    entry.path = path;
    entry.mode = mode;
    entry.size_bytes = content.size();
    entry.target = target;
    sink_->begin(entry);
    if (!content.empty()) sink_->write(content);
    sink_->end();
  }
  void put_file(const std::string& path, const std::string& content) {
    put(Entry::Type::kFile, path, content);
  }
  std::string failure(Entry::Type type, const std::string& path, const std::string& target = {}) {
    try {
      put(type, path, "", target);
    } catch (const Error& error) {
      return error.message();
    }
    return "none";
  }
  std::string read(const std::string& path) const {
    std::ifstream file(root_ / path);
    std::stringstream content;
    content << file.rdbuf();
    return content.str();
  }

  kasane::testing::TemporaryDirectory directory_;
  fs::path root_;
  fs::path outside_;
  std::unique_ptr<DirectorySink> sink_;
};

TEST_F(DirectorySinkTest, WritesFilesLinksAndDirectories) {
  put(Entry::Type::kFile, "bin/tool", "run", {}, 0755);
  put(Entry::Type::kSymlink, "bin/alias", "", "tool");
  put(Entry::Type::kSymlink, "lib/a/up", "", "../../bin/tool");
  put(Entry::Type::kHardlink, "bin/same", "", "bin/tool");
  put(Entry::Type::kDirectory, "empty/inner", "");
  EXPECT_EQ(read("bin/alias"), "run");
  EXPECT_EQ(read("lib/a/up"), "run");
  EXPECT_EQ(read("bin/same"), "run");
  EXPECT_TRUE(fs::is_directory(root_ / "empty/inner"));
  struct stat status = {};
  ASSERT_EQ(::stat((root_ / "bin/tool").c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0700U, 0700U);
}

TEST_F(DirectorySinkTest, ReplacesWhatWasThereButNeverWritesThroughIt) {
  std::ofstream(outside_ / "victim") << "safe";
  fs::create_symlink(outside_ / "victim", root_ / "planted");
  put_file("planted", "mine");
  put_file("planted", "mine again");
  EXPECT_EQ(read("planted"), "mine again");
  EXPECT_FALSE(fs::is_symlink(root_ / "planted"));
  std::ifstream victim(outside_ / "victim");
  std::string word;
  victim >> word;
  EXPECT_EQ(word, "safe");
}

TEST_F(DirectorySinkTest, RefusesLinksThatLeave) {
  const std::string targets[] = {"/etc/passwd", "../outside", "a/../../outside", ".."};
  for (const std::string& target : targets) {
    EXPECT_EQ(failure(Entry::Type::kSymlink, "link", target),
              "symbolic link `link` leaves its directory: `" + target + "`");
  }
  EXPECT_EQ(failure(Entry::Type::kSymlink, "a/link", "../x/../y"), "none");
  EXPECT_EQ(failure(Entry::Type::kSymlink, "b/link", "../../y"),
            "symbolic link `b/link` leaves its directory: `../../y`");
}

TEST_F(DirectorySinkTest, DoesNotGoThroughALink) {
  fs::create_directory_symlink(outside_, root_ / "door");
  EXPECT_EQ(failure(Entry::Type::kFile, "door/file"),
            "cannot enter directory `door`: Not a directory");
  EXPECT_EQ(failure(Entry::Type::kDirectory, "door/folder"),
            "cannot enter directory `door`: Not a directory");
  EXPECT_EQ(failure(Entry::Type::kHardlink, "stolen", "door/victim"),
            "cannot enter directory `door`: Not a directory");
  EXPECT_TRUE(fs::is_empty(outside_));
}

TEST_F(DirectorySinkTest, NeedsItsDirectory) {
  EXPECT_THROW(DirectorySink(directory_.path() / "nowhere"), Error);
}

}  // namespace
}  // namespace kasane::builder
