#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>

#include "base/error.h"
#include "registry/image_index.h"
#include "registry/manifest.h"

/// Either an Error, or a manifest that can be written and read again as the same.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  using namespace kasane;
  const std::string text(reinterpret_cast<const char*>(bytes), size);
  try {
    const auto read = registry::Manifest::parse(text);
    const auto made = registry::Manifest::make(read.config, read.layers, read.annotations);
    const auto again = registry::Manifest::parse(made.text);
    if (again.layers != read.layers || again.config != read.config) std::abort();
  } catch (const Error&) {
  }
  try {
    const auto index = registry::ImageIndex::parse(text);
    index.platforms();
    index.choose(registry::Platform::parse("linux/amd64"));
  } catch (const Error&) {
  }
  return 0;
}
