#include "resolver/spec/reading_context.h"

#include <algorithm>

#include <fmt/format.h>

#include "resolver/spec/spec_template.h"

namespace kasane::resolver {

SpecText ReadingContext::read(const Path& path) {
  return prepare(SpecText::read(reading_.files, path));
}

SpecText ReadingContext::prepare(SpecText text) {
  add_source(text.file_name());
  text.refuse_conflict_markers();
  return fill_templates(text, reading_.settings);
}

void ReadingContext::add_source(const std::string& file) {
  std::vector<std::string>& sources = spec_.sources;
  if (std::find(sources.begin(), sources.end(), file) == sources.end()) sources.push_back(file);
}

void ReadingContext::warn(const SourcePlace& place, std::string code, const std::string& message) {
  spec_.warnings.push_back({std::move(code), fmt::format("{}: {}", render_place(place), message)});
}

Path path_beside(const Path& directory, const std::string& name) {
  return (directory / name).lexically_normal();
}

}  // namespace kasane::resolver
