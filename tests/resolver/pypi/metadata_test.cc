#include "resolver/pypi/metadata.h"

#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "base/error.h"
#include "resolver/pypi/distribution_name.h"
#include "resolver/pypi/metadata_headers.h"

namespace kasane::resolver::pypi {
namespace {

TEST(Metadata, ReadsWhatMattersToResolving) {
  const Metadata found = Metadata::parse(
      "\xEF\xBB\xBFMetadata-Version: 2.4\r\nName: Demo_x\r\nVersion: 1.0\r\n"
      "requires-dist: a>=1\r\nRequires-Dist: b ; extra ==\r\n   'X_y'\r\n"
      "Requires-Python: >=3.8\r\nProvides-Extra: X_y\r\nProvides-Extra: x.y\r\n"
      "Dynamic: Summary\r\n\r\nRequires-Dist: not-this\r\n",
      "METADATA");
  EXPECT_EQ(found.metadata_version, "2.4");
  EXPECT_EQ(found.name, "Demo_x");
  EXPECT_EQ(found.version.text(), "1.0");
  ASSERT_EQ(found.requires_dist.size(), 2U);
  EXPECT_EQ(found.requires_dist[1].render(), R"(b; extra == "x-y")");
  EXPECT_EQ(found.requires_python->render(), ">=3.8");
  EXPECT_EQ(found.provides_extra, std::vector<std::string>{"x-y"});
  EXPECT_TRUE(found.dependencies_are_static());
}

TEST(Metadata, TakesWhatCanBeReadOfWrongFiles) {
  const Metadata found = Metadata::parse(
      "Name: demo\nVersion: 1.0\nAuthor: M\xfcller\nRequires-Dist: a (>=1.0<2)\n"
      "Requires-Dist: what is this\nRequires-Python: >=3.5.*\nno header\nRequires-Dist: late\n",
      "PKG-INFO");
  ASSERT_EQ(found.requires_dist.size(), 1U);
  EXPECT_EQ(found.requires_dist[0].render(), "a>=1.0,<2");
  EXPECT_EQ(found.unreadable_requirements, std::vector<std::string>{"what is this"});
  EXPECT_EQ(found.requires_python->render(), ">=3.5");
  EXPECT_FALSE(found.dependencies_are_static());
}

TEST(Metadata, PassesOverAPythonThatNobodyCanRead) {
  const Metadata found =
      Metadata::parse("Name: a\nVersion: 1\nRequires-Python: three\n", "METADATA");
  EXPECT_FALSE(found.requires_python);
  EXPECT_EQ(found.unreadable_python, "three");
}

TEST(Metadata, KnowsWhenDependenciesAreStatic) {
  const auto is_static = [](const std::string& headers) {
    return Metadata::parse("Name: a\nVersion: 1\n" + headers, "PKG-INFO").dependencies_are_static();
  };
  EXPECT_TRUE(is_static("Metadata-Version: 2.2\n"));
  EXPECT_TRUE(is_static("Metadata-Version: 2.10\n"));
  EXPECT_FALSE(is_static("Metadata-Version: 2.1\n"));
  EXPECT_FALSE(is_static("Metadata-Version: 2.2\nDynamic: Requires-Dist\n"));
  EXPECT_FALSE(is_static("Metadata-Version: 2.2\nDynamic: REQUIRES-PYTHON\n"));
}

TEST(Metadata, RefusesOtherFiles) {
  const std::tuple<std::string, ErrorKind, std::string> cases[] = {
      {"", ErrorKind::kIntegrity, "`METADATA` has no header `Name`"},
      {"Name: a\n", ErrorKind::kIntegrity, "`METADATA` has no header `Version`"},
      {"Name: a\nName: b\nVersion: 1\n", ErrorKind::kIntegrity,
       "`METADATA` has two headers `Name`"},
      {"Name: a\nVersion: one\n", ErrorKind::kIntegrity,
       "`METADATA` has the version `one`, expected one as PEP 440 has them"},
      {"Metadata-Version: 3.0\nName: a\nVersion: 1\n", ErrorKind::kRefused,
       "`METADATA` is metadata of format `3.0`, expected `2.4` or an older one"},
      {"<!DOCTYPE html>\n<html>", ErrorKind::kIntegrity, "`METADATA` has no header `Name`"}};
  for (const auto& [text, kind, message] : cases) {
    try {
      Metadata::parse(text, "METADATA");
      ADD_FAILURE() << text;
    } catch (const Error& error) {
      EXPECT_EQ(error.kind(), kind) << text;
      EXPECT_EQ(error.message(), message);
    }
  }
}

TEST(MetadataHeaders, AreStrictWhereAWheelIsInstalled) {
  EXPECT_THROW(MetadataHeaders::parse("Name: \xff\n", "METADATA"), Error);
  EXPECT_THROW(MetadataHeaders::parse("Name: a\nno header\n", "METADATA"), Error);
  EXPECT_EQ(MetadataHeaders::parse_leniently("Name: \xff\xc3\xb6\xe2\x82\n", "x").one("name"),
            "\xEF\xBF\xBD\xc3\xb6\xEF\xBF\xBD\xEF\xBF\xBD");
}

TEST(DistributionName, IsNormalised) {
  EXPECT_EQ(normalise_name("Zope.Interface__x-._y"), "zope-interface-x-y");
  EXPECT_TRUE(is_name("A1"));
  for (const std::string name : {"", "-a", "a-", "a b", "a/b", "\xc3\xb6"}) {
    EXPECT_FALSE(is_name(name)) << name;
  }
}

}  // namespace
}  // namespace kasane::resolver::pypi
