#include "base/spool.h"

#include <filesystem>
#include <string>

#include <gtest/gtest.h>

#include "base/error.h"
#include "tests/support/temporary_directory.h"

namespace kasane {
namespace {

std::string read_all_of(const Spool& spool, std::size_t step) {
  std::string out;
  std::string buffer(step, '\0');
  while (const std::size_t count = spool.read_at(out.size(), buffer)) out.append(buffer, 0, count);
  return out;
}

TEST(Spool, GivesBackWhatWasWrittenInMemoryOrNot) {
  const kasane::testing::TemporaryDirectory directory;
  for (const std::size_t limit : {std::size_t{0}, std::size_t{10}, std::size_t{1} << 20}) {
    Spool spool(directory.path(), limit);
    std::string expected;
    for (int i = 0; i < 50; ++i) {
      const std::string piece(static_cast<std::size_t>(i), static_cast<char>('a' + i % 26));
      spool.write(piece);
      expected += piece;
      EXPECT_EQ(spool.size(), expected.size());
    }
    EXPECT_EQ(read_all_of(spool, 7), expected);
    EXPECT_EQ(read_all_of(spool, 4096), expected);
    // Its file has no name.
    EXPECT_TRUE(std::filesystem::is_empty(directory.path()));
  }
}

TEST(Spool, TouchesTheDiskOnlyWhenItMust) {
  Spool spool("/nowhere/at/all", 4);
  spool.write("abcd");
  EXPECT_EQ(read_all_of(spool, 2), "abcd");
  EXPECT_THROW(spool.write("e"), Error);
}

}  // namespace
}  // namespace kasane
