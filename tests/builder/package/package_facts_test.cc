#include <string>

#include <gtest/gtest.h>

#include "base/error.h"
#include "builder/package/package.h"
#include "tests/support/memory_file.h"

namespace kasane::builder {
namespace {

PackageFacts some_facts() {
  PackageFacts facts;
  facts.kind = PackageFacts::Kind::kCondaNoarchPython;
  facts.name = "demo";
  facts.version = "1.0";
  facts.build = "py_0";
  facts.depends = {"python >=3.8", "numpy"};
  facts.paths = {{.path = "caf\xc3\xa9 \"quoted\"", .size_bytes = 5'000'000'000},
                 {.path = "empty", .directory = true},
                 {.path = "nothing"}};
  facts.entry_points = {"demo = demo.cli:main"};
  facts.link_scripts = {"bin/.demo-post-link.sh"};
  facts.python = PythonLayout{.version = "3.11", .site_packages = "lib/python3.11/site-packages"};
  return facts;
}

TEST(PackageFacts, RenderAndParseAreInverse) {
  EXPECT_EQ(PackageFacts::parse(some_facts().render()), some_facts());
  EXPECT_EQ(PackageFacts::parse(PackageFacts().render()), PackageFacts());
  EXPECT_EQ(some_facts().installed_size_bytes(), 5'000'000'000U);
}

TEST(PackageFacts, RefuseOtherTexts) {
  const std::string head = PackageFacts().render();
  for (const std::string& text :
       {std::string(), std::string("[]"), std::string("{}"), std::string(R"({"kind": "rpm"})"),
        std::string("null"), head + "\n", head + "\n1", head + "\nx a", head + "\n1x a"}) {
    try {
      PackageFacts::parse(text);
      FAIL() << text;
    } catch (const Error& error) {
      EXPECT_EQ(error.kind(), ErrorKind::kIntegrity) << text;
    }
  }
}

TEST(OpenPackage, RefusesUnknownEndings) {
  const kasane::testing::MemoryFile file("");
  try {
    open_package(file, "demo-1.0.tar.gz");
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::kUsage);
  }
}

}  // namespace
}  // namespace kasane::builder
