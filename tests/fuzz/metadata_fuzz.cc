#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "base/error.h"
#include "resolver/pypi/metadata.h"

/// Any bytes are metadata or an Error.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  using kasane::resolver::pypi::Metadata;
  const std::string_view text(reinterpret_cast<const char*>(bytes), size);
  try {
    static_cast<void>(Metadata::parse(text, "METADATA").dependencies_are_static());
  } catch (const kasane::Error& error) {
    static_cast<void>(error.render());
  }
  return 0;
}
