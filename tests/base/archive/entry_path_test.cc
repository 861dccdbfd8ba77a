#include "base/archive/entry_path.h"

#include <string>

#include <gtest/gtest.h>

#include "base/error.h"

namespace kasane {
namespace {

TEST(EntryPath, KeepsPlainPathsAndDropsWhatTarAdds) {
  const std::pair<std::string, std::string> cases[] = {
      {"a", "a"},
      {"a/b.py", "a/b.py"},
      {"./a/b", "a/b"},
      {"././a", "a"},
      {"a/", "a"},
      {"./", ""},
      {".", ""},
      {"a/..b/...", "a/..b/..."},
      {".hidden", ".hidden"},
      {"Főtanúsítvány.pem", "Főtanúsítvány.pem"},
      {"a b", "a b"},
  };
  for (const auto& [name, path] : cases) EXPECT_EQ(normalise_entry_path(name), path) << name;
}

TEST(EntryPath, RefusesWhatLeavesOrConfuses) {
  const std::pair<std::string, std::string> cases[] = {
      {"", "entry name `` is empty"},
      {"/etc/passwd", "entry name `/etc/passwd` is absolute"},
      {"..", "entry name `..` has a part `..`"},
      {"a/../b", "entry name `a/../b` has a part `..`"},
      {"./../b", "entry name `./../b` has a part `..`"},
      {".//etc", "entry name `.//etc` has an empty part"},
      {"a//b", "entry name `a//b` has an empty part"},
      {"a/./b", "entry name `a/./b` has a part `.`"},
      {"a\\b", "entry name `a\\b` holds a backslash"},
      {std::string("a\0b", 3), "entry name `a\\x00b` holds a control character"},
      {"a\nb", "entry name `a\\x0ab` holds a control character"},
      {"a\x1b[31m", "entry name `a\\x1b[31m` holds a control character"},
      {"caf\xe9", "entry name `caf\\xe9` is not UTF-8"},
      {"\xc0\xaf", "entry name `\\xc0\\xaf` is not UTF-8"},
      {"\xed\xa0\x80", "entry name `\\xed\\xa0\\x80` is not UTF-8"},
  };
  for (const auto& [name, message] : cases) {
    try {
      normalise_entry_path(name);
      ADD_FAILURE() << "accepted " << printable_name(name);
    } catch (const Error& error) {
      EXPECT_EQ(error.message(), message);
      EXPECT_EQ(error.kind(), ErrorKind::kRefused);
    }
  }
}

TEST(EntryPath, BoundsPartsAndPaths) {
  EXPECT_NO_THROW(normalise_entry_path(std::string(255, 'a')));
  EXPECT_THROW(normalise_entry_path(std::string(256, 'a')), Error);
  std::string longest;
  while (longest.size() < 4096) longest += "directory/";
  EXPECT_NO_THROW(normalise_entry_path(longest.substr(0, 4093) + "ab"));
  EXPECT_THROW(normalise_entry_path(longest.substr(0, 4093) + "abc"), Error);
}

TEST(EntryPath, TakesABackslashAsAByteWhereTheFormatDoes) {
  EXPECT_EQ(normalise_entry_path("lib/a\\x2db.slice", Backslash::kOrdinary), "lib/a\\x2db.slice");
}

TEST(EntryPath, ShortensNamesForMessagesAtACharacter) {
  std::string name = "a";
  for (int i = 0; i < 200; ++i) name += "é";
  const std::string shown = printable_name(name);
  EXPECT_LE(shown.size(), 205u);
  EXPECT_EQ(shown.substr(shown.size() - 3), "…");
  EXPECT_EQ(shown.find("\\x"), std::string::npos);
}

}  // namespace
}  // namespace kasane
