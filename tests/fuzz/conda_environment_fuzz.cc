#include <cstddef>
#include <cstdint>
#include <string_view>

#include "resolver/spec/conda_environment.h"
#include "resolver/spec/spec_template.h"
#include "tests/support/spec_fuzzing.h"

/// Any text is a environment.yml or an Error.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  using namespace kasane::resolver;
  kasane::testing::fuzz_specification({reinterpret_cast<const char*>(bytes), size},
                                      [](const SpecText& input, ReadingContext& context) {
                                        refuse_templates(input);
                                        read_conda_environment(input, parse_yaml(input), context);
                                      });
  return 0;
}
