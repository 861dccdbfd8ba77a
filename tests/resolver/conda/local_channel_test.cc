#include <atomic>
#include <cstdlib>
#include <thread>

#include "tests/resolver/conda/channel_data_fixture.h"

namespace kasane::resolver {
namespace {

class LocalChannelTest : public ChannelDataTest {
 protected:
  void write(const std::string& file, const std::string& bytes) {
    std::filesystem::create_directories(place_.path() / "noarch");
    std::ofstream(place_.path() / "noarch" / file, std::ios::binary) << bytes;
  }
  testing::TemporaryDirectory place_;
};

TEST_F(LocalChannelTest, IsReadAgainWhenItsFileChanged) {
  write("repodata.json", repodata("a", {"1"}));
  const Channel local = Channel::parse(place_.path().string(), settings_);
  EXPECT_EQ(versions(open({local}), "a"), "1");
  const ChannelData before = open({local});
  write("repodata.json", repodata("a", {"1", "2"}));
  EXPECT_EQ(versions(open({local}), "a"), "1 2");
  EXPECT_EQ(versions(before, "a"), "1");
}

TEST_F(LocalChannelTest, NeedsNoServer) {
  write("repodata.json", repodata("a", {"1"}));
  options_.offline = true;
  const Channel local = Channel::parse(place_.path().string(), settings_);
  EXPECT_EQ(versions(open({local}), "a"), "1");
}

TEST_F(LocalChannelTest, MakesAnewWhatIsDamaged) {
  write("repodata.json", repodata("a", {"1"}));
  const Channel local = Channel::parse(place_.path().string(), settings_);
  open({local});
  for (const char* bytes : {"", "SQLite format 3", "{}", "{\"version\": 9}"}) {
    for (const auto& entry : std::filesystem::directory_iterator(directory_.path())) {
      std::ofstream(entry.path(), std::ios::binary) << bytes;
    }
    EXPECT_EQ(versions(open({local}), "a"), "1") << bytes;
  }
}

TEST_F(LocalChannelTest, WhatAKilledProcessLeftIsInNobodysWay) {
  write("repodata.json", repodata("a", {"1"}));
  const Channel local = Channel::parse(place_.path().string(), settings_);
  open({local});
  std::vector<Path> kept_files;
  for (const auto& entry : std::filesystem::directory_iterator(directory_.path())) {
    kept_files.push_back(entry.path());
  }
  // Killed while it wrote the index, and between index and state.
  for (Path file : kept_files) {
    if (file.extension() == ".index") std::ofstream(file.replace_extension(".part")) << "half";
  }
  write("repodata.json", repodata("a", {"1", "2"}));
  EXPECT_EQ(versions(open({local}), "a"), "1 2");
  for (const Path& file : kept_files) {
    if (file.extension() == ".state") std::filesystem::remove(file);
  }
  EXPECT_EQ(versions(open({local}), "a"), "1 2");
}

TEST_F(LocalChannelTest, ManyMayOpenItAtOnce) {
  write("repodata.json", repodata("a", {"1"}));
  const Channel local = Channel::parse(place_.path().string(), settings_);
  std::vector<std::jthread> threads;
  std::atomic<int> good = 0;
  for (int i = 0; i < 8; ++i) {
    threads.emplace_back([&] {
      if (versions(open({local}), "a") == "1") ++good;
    });
  }
  threads.clear();
  EXPECT_EQ(good, 8);
}

TEST_F(LocalChannelTest, ReadsARealChannel) {
  const char* data = std::getenv("KASANE_TEST_DATA");
  if (data == nullptr) GTEST_SKIP() << "KASANE_TEST_DATA is not set";
  const Path path = Path(data) / "conda/channels/conda-forge-subchannel-2024-05";
  if (!std::filesystem::exists(path)) GTEST_SKIP() << path << " is not there";
  const Channel local = Channel::parse(path.string(), settings_);
  const ChannelData opened = open({local}, {"linux-64", "noarch"});
  ASSERT_EQ(opened.channels()[0].subdirs.size(), 2U);
  std::size_t records = 0;
  for (const auto& source : opened.channels()[0].subdirs) {
    for (std::size_t i = 0; i < source->name_count(); ++i) {
      records += source->find(source->name(i))->size();
    }
  }
  std::size_t expected = 0;
  for (const char* subdir : {"linux-64", "noarch"}) {
    std::ifstream in(path / subdir / "repodata.json");
    const json text = json::parse(in);
    expected += text["packages"].size() + text["packages.conda"].size();
  }
  EXPECT_EQ(records, expected);
}

}  // namespace
}  // namespace kasane::resolver
