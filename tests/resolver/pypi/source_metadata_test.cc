#include "resolver/pypi/source_metadata.h"

#include <string>

#include <gtest/gtest.h>

#include "base/codec.h"
#include "base/error.h"
#include "tests/support/memory_file.h"
#include "tests/support/tar_builder.h"
#include "tests/support/zip_builder.h"

namespace kasane::resolver::pypi {
namespace {

using testing::make_zip;
using testing::MemoryFile;

TEST(SourceMetadata, IsInTheTopDirectory) {
  const MemoryFile file(make_zip({{.name = "demo-1.0/tests/PKG-INFO", .content = "no"},
                                  {.name = "demo-1.0/PKG-INFO", .content = "yes"},
                                  {.name = "PKG-INFO", .content = "no"}}));
  EXPECT_EQ(read_source_metadata(file, "demo-1.0.zip"), "yes");
}

TEST(SourceMetadata, IsReadFromTarArchives) {
  const std::string tar = test::TarBuilder()
                              .add({.path = "demo-1.0/a/PKG-INFO", .content = "no"})
                              .add({.path = "./demo-1.0/PKG-INFO", .content = "yes"})
                              .finish();
  std::string compressed;
  make_chunk_compressor(CompressionMethod::gzip())->compress(tar, compressed);
  EXPECT_EQ(read_source_metadata(MemoryFile(compressed), "demo-1.0.tar.gz"), "yes");
}

TEST(SourceMetadata, SaysWhatIsMissing) {
  const std::pair<std::string, std::string> cases[] = {
      {"demo-1.0.zip", "no `PKG-INFO` in the source distribution `demo-1.0.zip`"},
      {"demo-1.0.tar.xz",
       "`demo-1.0.tar.xz` is no `.tar.gz` or `.zip`, which source "
       "distributions are"}};
  const MemoryFile file(make_zip({{.name = "demo-1.0/setup.py"}}));
  for (const auto& [name, message] : cases) {
    try {
      read_source_metadata(file, name);
      ADD_FAILURE() << name;
    } catch (const Error& error) {
      EXPECT_EQ(error.message(), message);
    }
  }
  EXPECT_THROW(read_source_metadata(MemoryFile("no gzip"), "demo-1.0.tar.gz"), Error);
}

}  // namespace
}  // namespace kasane::resolver::pypi
