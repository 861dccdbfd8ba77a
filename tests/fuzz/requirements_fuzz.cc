#include <cstddef>
#include <cstdint>
#include <string_view>

#include "resolver/spec/requirements_reader.h"
#include "tests/support/spec_fuzzing.h"

/// Any text is a requirements file or an Error.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  using namespace kasane::resolver;
  kasane::testing::fuzz_specification({reinterpret_cast<const char*>(bytes), size},
                                      [](const SpecText& input, ReadingContext& context) {
                                        RequirementsReader(context).read_text(input);
                                      });
  return 0;
}
