#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "base/error.h"
#include "resolver/pypi/requirement.h"

/// Any text is a requirement or an Error; what was rendered means the same. Mending never fails.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  using kasane::resolver::pypi::Requirement;
  const std::string_view text(reinterpret_cast<const char*>(bytes), size);
  static_cast<void>(Requirement::find_leniently(text));
  Requirement requirement;
  try {
    requirement = Requirement::parse(text);
  } catch (const kasane::Error& error) {
    static_cast<void>(error.render());
    return 0;
  }
  if (!(Requirement::parse(requirement.render()) == requirement)) std::abort();
  return 0;
}
