#pragma once

#include <set>
#include <string>
#include <utility>
#include <vector>

#include "resolver/spec/environment_spec.h"
#include "resolver/spec/spec_text.h"

namespace kasane::resolver {

/// What the readers of one specification share. Borrows both.
class ReadingContext {
 public:
  ReadingContext(const SpecReading& reading, EnvironmentSpec& spec)
      : reading_(reading), spec_(spec) {}

  const SpecReading& reading() const { return reading_; }
  EnvironmentSpec& spec() { return spec_; }

  /// A file that the specification is made of: its templates filled, free of conflicts.
  SpecText read(const Path& path);
  /// The same of a text that was read already.
  SpecText prepare(SpecText text);
  void add_source(const std::string& file);

  void warn(const SourcePlace& place, std::string code, const std::string& message);

  /// False when the file was read in this role before.
  bool begin_requirements(const std::string& file, bool constraints) {
    return requirement_files_.emplace(file, constraints).second;
  }

 private:
  const SpecReading& reading_;
  EnvironmentSpec& spec_;
  std::set<std::pair<std::string, bool>> requirement_files_;
};

/// `name` as it stands in a file of `directory`: absolute, or below it.
Path path_beside(const Path& directory, const std::string& name);

/// Runs `body`; an Error that leaves it carries that the file was named at `place`.
template <class Body>
decltype(auto) as_named_at(const SourcePlace& place, Body&& body) {
  return in_context([&] { return "named at `" + render_place(place) + "`"; },
                    std::forward<Body>(body));
}

}  // namespace kasane::resolver
