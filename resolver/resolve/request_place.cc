#include "resolver/resolve/request_place.h"

#include <utility>

#include <fmt/format.h>

namespace kasane::resolver {

Error at_its_place(const Error& error, const Requirement& requirement, std::string_view text) {
  SourcePlace place = requirement.place;
  const bool verbatim = text == requirement.text;
  if (verbatim && place.column > 0 && error.place().column > 0) {
    place.column += error.place().column - 1;
    place.length = error.place().length;
  }
  Error out(error.kind(), error.message());
  out = Error(std::move(out)).at(std::move(place));
  return error.hint_text().empty() ? out : Error(std::move(out)).hint(error.hint_text());
}

std::string brief_place(const SourcePlace& place) {
  return place.line > 0 ? fmt::format("{}:{}", place.file, place.line) : "";
}

}  // namespace kasane::resolver
