#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "base/error.h"
#include "resolver/lock/lock.h"

/// Any text is a lock or an Error, and a lock that was read can be written and read again.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  using namespace kasane;
  const std::string_view text(reinterpret_cast<const char*>(bytes), size);
  std::optional<resolver::Lock> lock;
  try {
    lock = resolver::read_lock(text, "lock", {});
  } catch (const Error& error) {
    static_cast<void>(error.render());
    return 0;
  }
  const resolver::Lock again = resolver::read_lock(resolver::write_lock({&*lock, 1}), "lock", {});
  if (again.packages.size() != lock->packages.size()) std::abort();
  return 0;
}
