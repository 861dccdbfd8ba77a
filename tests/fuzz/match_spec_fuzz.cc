#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "base/error.h"
#include "resolver/conda/match_spec.h"

/// Any text is a MatchSpec or an Error; what was rendered can be read, and renders the same.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  using kasane::resolver::MatchSpec;
  std::string rendered;
  try {
    rendered =
        MatchSpec::parse(std::string_view(reinterpret_cast<const char*>(bytes), size)).render();
  } catch (const kasane::Error& error) {
    static_cast<void>(error.render());
    return 0;
  }
  if (MatchSpec::parse(rendered).render() != rendered) std::abort();
  return 0;
}
