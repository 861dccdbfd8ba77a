#include "builder/plan/clobber.h"

#include <gtest/gtest.h>

#include "base/error.h"

namespace kasane::builder {
namespace {

using Paths = std::vector<std::string>;

PackageFiles package(std::string name, const Paths& paths) {
  PackageFiles files{std::move(name), {}};
  for (const std::string& path : paths) {
    const bool directory = path.ends_with('/');
    files.paths.push_back({directory ? path.substr(0, path.size() - 1) : path, 1, directory});
  }
  return files;
}

std::string refusal(const std::vector<PackageFiles>& packages) {
  try {
    find_clobbers(packages);
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::kRefused);
    return error.message();
  }
  return "";
}

TEST(Clobbers, LetsTheLaterPackageWinAndNamesBoth) {
  const Clobbers clobbers =
      find_clobbers(std::vector{package("one", {"bin/tool", "lib/a"}), package("two", {"bin/tool"}),
                                package("three", {"lib/b"})});
  EXPECT_EQ(clobbers.excluded, (std::vector<Paths>{{"bin/tool"}, {}, {}}));
  ASSERT_EQ(clobbers.warnings.size(), 1U);
  EXPECT_EQ(clobbers.warnings[0].code, "clobber");
  EXPECT_EQ(clobbers.warnings[0].message,
            "`one` and `two` both bring `bin/tool`; that of `two` is taken");
}

TEST(Clobbers, LeavesAPathToTheLastOfThree) {
  const Clobbers clobbers =
      find_clobbers(std::vector{package("a", {"x"}), package("b", {"x"}), package("c", {"x"})});
  EXPECT_EQ(clobbers.excluded, (std::vector<Paths>{{"x"}, {"x"}, {}}));
  EXPECT_EQ(clobbers.warnings.size(), 2U);
}

TEST(Clobbers, TellsOfManyPathsInOneLine) {
  const Clobbers clobbers =
      find_clobbers(std::vector{package("a", {"x", "y", "z"}), package("b", {"x", "y", "z"})});
  ASSERT_EQ(clobbers.warnings.size(), 1U);
  EXPECT_EQ(clobbers.warnings[0].message,
            "`a` and `b` both bring `x` and 2 more; that of `b` is taken");
}

TEST(Clobbers, TakesTheByteCodeWithItsSource) {
  const Clobbers clobbers = find_clobbers(
      std::vector{package("a", {"p/__pycache__/m.cpython-311.pyc",
                                "p/__pycache__/n.cpython-311.pyc", "p/m.py", "p/n.py"}),
                  package("b", {"p/m.py"})});
  EXPECT_EQ(clobbers.excluded[0], (Paths{"p/__pycache__/m.cpython-311.pyc", "p/m.py"}));
}

TEST(Clobbers, SharesDirectories) {
  const Clobbers clobbers =
      find_clobbers(std::vector{package("a", {"d/"}), package("b", {"d/", "d/f"})});
  EXPECT_EQ(clobbers.excluded, (std::vector<Paths>{{}, {}}));
  EXPECT_TRUE(clobbers.warnings.empty());
}

TEST(Clobbers, RefusesAFileThatIsADirectoryElsewhere) {
  EXPECT_EQ(refusal({package("a", {"d"}), package("b", {"d/"})}),
            "`d` is a file of `a` and a directory of `b`");
  EXPECT_EQ(refusal({package("a", {"d/"}), package("b", {"d"})}),
            "`d` is a file of `b` and a directory of `a`");
  EXPECT_EQ(refusal({package("a", {"d"}), package("b", {"d/e/f"})}),
            "`d` is a file of `a` and a directory of `b`");
  EXPECT_EQ(refusal({package("a", {"d/e/f", "d/e/g"}), package("b", {"d/e"})}),
            "`d/e` is a file of `b` and a directory of `a`");
}

}  // namespace
}  // namespace kasane::builder
