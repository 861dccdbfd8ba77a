#pragma once

#include <cstdlib>
#include <functional>
#include <string>
#include <string_view>

#include "base/error.h"
#include "resolver/spec/environment_spec.h"
#include "resolver/spec/reading_context.h"
#include "tests/support/listed_files.h"

namespace kasane::testing {

inline void check_place(const resolver::Requirement& requirement, int lines) {
  const SourcePlace& place = requirement.place;
  if (place.file == "input" && (place.line < 1 || place.line > lines)) std::abort();
}

/// Reads a text by `read`: it is a specification, whose requirements stand in the file and which
/// has a digest, or an Error.
inline void fuzz_specification(
    std::string_view text,
    const std::function<void(const resolver::SpecText&, resolver::ReadingContext&)>& read) {
  using namespace kasane::resolver;
  ListedFiles files;
  files.set("other.txt", "numpy>=1.0\n-c third.txt\n");
  files.set("third.txt", "numpy<2\n");
  files.set("other.yml", "dependencies: [python, {pip: [-r other.txt]}]\n");
  EnvironmentSpec spec;
  const SpecReading reading{.files = files,
                            .find_variable = [](const std::string&) { return "value"; },
                            .settings = {{"name", "1.0"}},
                            .extras = {},
                            .groups = {}};
  ReadingContext context(reading, spec);
  try {
    const SpecText input = context.prepare(SpecText::decode("input", std::string(text)));
    read(input, context);
    for (const Requirement& requirement : spec.conda) check_place(requirement, input.line_count());
    for (const Requirement& requirement : spec.pip) check_place(requirement, input.line_count());
  } catch (const Error& error) {
    static_cast<void>(error.render());
    return;
  }
  if (canonical_digest(spec) != canonical_digest(merge_specs({&spec, 1}))) std::abort();
}

}  // namespace kasane::testing
