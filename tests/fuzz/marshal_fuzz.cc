#include <cstddef>
#include <cstdint>
#include <string>

#include "builder/bytecode/marshal.h"
#include "builder/bytecode/pyc.h"

// The first byte chooses the Python. What was made canonical is canonical and as long as before.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace kasane::builder;
  if (size == 0) return 0;
  const auto python = PythonMinor::find(data[0] % 3 == 0   ? "3.7"
                                        : data[0] % 3 == 1 ? "3.8"
                                                           : "3.11");
  const std::string given(reinterpret_cast<const char*>(data + 1), size - 1);
  PycHeader::find(given);
  std::string once = given;
  if (!canonicalise_marshal(once, *python)) return 0;
  std::string twice = once;
  if (once.size() != given.size() || !canonicalise_marshal(twice, *python) || once != twice) {
    __builtin_trap();
  }
  return 0;
}
