#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "base/error.h"
#include "resolver/pypi/marker.h"

/// Any text is a marker or an Error; what was rendered means the same.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  using kasane::resolver::pypi::Marker;
  const std::string_view text(reinterpret_cast<const char*>(bytes), size);
  std::string rendered;
  const auto environment = kasane::resolver::pypi::MarkerEnvironment::cpython("3.11.4");
  try {
    const Marker marker = Marker::parse(text);
    rendered = marker.render();
    static_cast<void>(marker.evaluate(environment, "test"));
  } catch (const kasane::Error& error) {
    static_cast<void>(error.render());
  }
  if (!rendered.empty() && Marker::parse(rendered).render() != rendered) std::abort();
  return 0;
}
