#include <cstddef>
#include <cstdint>
#include <string_view>

#include "resolver/spec/dockerfile.h"
#include "tests/support/spec_fuzzing.h"

/// Any text is a Dockerfile or an Error.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  using namespace kasane::resolver;
  kasane::testing::fuzz_specification(
      {reinterpret_cast<const char*>(bytes), size},
      [](const SpecText& input, ReadingContext& context) { read_dockerfile(input, "", context); });
  return 0;
}
