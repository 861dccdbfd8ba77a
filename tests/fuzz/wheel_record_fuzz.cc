#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/error.h"
#include "builder/package/entry_point.h"
#include "builder/package/wheel_record.h"
#include "resolver/pypi/metadata_headers.h"
#include "resolver/pypi/wheel_name.h"

namespace {

template <class Body>
void try_to(const Body& body) {
  try {
    body();
  } catch (const kasane::Error&) {
  }
}

}  // namespace

// The small texts of a wheel: what can be read can be rendered and read again.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace kasane::builder;
  using kasane::resolver::pypi::MetadataHeaders;
  using kasane::resolver::pypi::WheelName;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  try_to([&] {
    const auto rows = parse_record(text);
    if (parse_record(render_record(rows)) != rows) __builtin_trap();
  });
  try_to([&] {
    for (const EntryPoint& entry_point : parse_entry_points(text)) {
      if (EntryPoint::parse(entry_point.render()) != entry_point) __builtin_trap();
    }
  });
  try_to([&] { MetadataHeaders::parse(text, "METADATA").one("Name"); });
  try_to([&] { WheelName::parse(text).admits_python("3.11"); });
  return 0;
}
