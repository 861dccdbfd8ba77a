#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "base/error.h"
#include "resolver/pypi/python_version.h"

/// Any text is a version or an Error; what was rendered is an equal version, and renders the same.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  using kasane::resolver::pypi::PythonVersion;
  const std::string_view text(reinterpret_cast<const char*>(bytes), size);
  try {
    const PythonVersion version = PythonVersion::parse(text);
    const std::string rendered = version.render();
    const PythonVersion again = PythonVersion::parse(rendered);
    if (again != version || again.render() != rendered) std::abort();
  } catch (const kasane::Error& error) {
    static_cast<void>(error.render());
    if (PythonVersion::find(text)) std::abort();
  }
  return 0;
}
