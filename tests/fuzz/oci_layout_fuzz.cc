#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

#include "base/error.h"
#include "registry/layout_image.h"
#include "tests/support/memory_file.h"

/// An archive of a layout, read to the last byte of each blob.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  using namespace kasane;
  try {
    auto file = std::make_shared<testing::MemoryFile>(
        std::string(reinterpret_cast<const char*>(bytes), size));
    auto layout = std::make_unique<registry::LayoutReader>(
        std::make_unique<registry::ArchiveFiles>(file, "fuzz.tar"), "oci-archive:fuzz.tar");
    layout->known_layers();
    const registry::LayoutImage image(std::move(layout), std::nullopt, std::nullopt);
    for (const auto& layer : image.manifest().layers) {
      const auto source = image.open_blob(layer);
      read_all(*source, std::size_t{1} << 20, "layer");
    }
  } catch (const Error&) {
  }
  return 0;
}
