#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "base/error.h"
#include "resolver/pypi/specifier_set.h"

/// Any text is a specifier or an Error; what was rendered means the same. Mending never fails.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  using kasane::resolver::pypi::SpecifierSet;
  const std::string_view text(reinterpret_cast<const char*>(bytes), size);
  static_cast<void>(SpecifierSet::find_leniently(text));
  try {
    const SpecifierSet specifiers = SpecifierSet::parse(text);
    const SpecifierSet again = SpecifierSet::parse(specifiers.render());
    if (!(again == specifiers) || again.render() != specifiers.render()) std::abort();
    for (const char* version : {"1.0", "2.0a1", "1.5.post1.dev0+l", "none"}) {
      if (specifiers.contains_text(version) != again.contains_text(version)) std::abort();
    }
  } catch (const kasane::Error& error) {
    static_cast<void>(error.render());
    if (SpecifierSet::find(text)) std::abort();
  }
  return 0;
}
