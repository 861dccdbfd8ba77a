#include "resolver/conda/table_store.h"

#include <fstream>
#include <iterator>

#include <gtest/gtest.h>

#include "tests/support/temporary_directory.h"

namespace kasane::resolver {
namespace {

TableStore::Key key(std::uint8_t number) {
  TableStore::Key out = {};
  out[5] = number;
  return out;
}

std::string text(std::uint8_t number) {
  return std::string(100 + number, static_cast<char>('a' + number));
}

class TableStoreTest : public ::testing::Test {
 protected:
  void add(std::uint8_t first, std::uint8_t last) {
    TableStore store(path_);
    for (std::uint8_t i = first; i < last; ++i) store.add(key(i), text(i));
  }
  std::size_t count(std::uint8_t last) {
    const TableStore store(path_);
    std::size_t out = 0;
    for (std::uint8_t i = 0; i < last; ++i) {
      const auto found = store.find(key(i));
      if (!found) continue;
      EXPECT_EQ(*found, text(i));
      EXPECT_EQ(reinterpret_cast<std::uintptr_t>(found->data()) % 8, 0U);
      ++out;
    }
    return out;
  }
  std::string read() {
    std::ifstream in(path_, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
  }
  void write(const std::string& bytes) { std::ofstream(path_, std::ios::binary) << bytes; }

  testing::TemporaryDirectory directory_;
  const Path path_ = directory_ / "tables";
};

TEST_F(TableStoreTest, KeepsWhatWasAdded) {
  add(0, 5);
  EXPECT_EQ(count(10), 5U);
  const std::string before = read();
  add(3, 8);
  EXPECT_EQ(count(10), 8U);
  EXPECT_TRUE(read().starts_with(before));
}

TEST_F(TableStoreTest, FirstBytesUnderAKeyStay) {
  TableStore store(path_);
  const std::string_view first = store.add(key(1), text(1));
  EXPECT_EQ(store.add(key(1), text(2)).data(), first.data());
  EXPECT_EQ(*store.find(key(1)), text(1));
}

TEST_F(TableStoreTest, AnotherProcessMayHaveKeptTheSame) {
  TableStore one(path_);
  TableStore other(path_);
  one.add(key(1), text(1));
  other.add(key(1), text(1));
  other.add(key(2), text(2));
  one.keep();
  const std::size_t size = read().size();
  other.keep();
  EXPECT_EQ(read().size(), size + 48 + 104);
  EXPECT_EQ(count(5), 2U);
}

TEST_F(TableStoreTest, PassesOverWhatIsDamaged) {
  add(0, 6);
  const std::string bytes = read();
  for (std::size_t at = 0; at < bytes.size(); ++at) {
    std::string damaged = bytes;
    damaged[at] ^= 0x10;
    write(damaged);
    EXPECT_LE(count(6), 6U);
  }
  for (std::size_t size = 0; size < bytes.size(); size += 7) {
    write(bytes.substr(0, size));
    EXPECT_LT(count(6), 6U);
  }
}

TEST_F(TableStoreTest, BeginsAnewBehindATornEnd) {
  add(0, 6);
  write(read().substr(0, read().size() - 9));
  EXPECT_EQ(count(10), 5U);
  add(7, 9);
  EXPECT_EQ(count(10), 2U);
  write("SQLite format 3");
  add(1, 2);
  EXPECT_EQ(count(10), 1U);
}

TEST_F(TableStoreTest, BeginsAnewWhenItIsTooLarge) {
  add(0, 6);
  {
    TableStore store(path_, 300);
    store.add(key(8), text(8));
  }
  EXPECT_EQ(count(10), 1U);
}

TEST_F(TableStoreTest, WhatCannotBeWrittenIsNotKept) {
  const Path path = directory_ / "absent" / "tables";
  TableStore store(path);
  store.add(key(1), text(1));
  EXPECT_EQ(*store.find(key(1)), text(1));
}

}  // namespace
}  // namespace kasane::resolver
