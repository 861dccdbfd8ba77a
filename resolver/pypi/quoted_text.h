#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace kasane::resolver::pypi {

/// What a Python string literal means whose quotes are taken off; nothing when it is none. Named
/// characters (`\N{…}`) are not known here.
std::optional<std::string> unescape(std::string_view text);

/// `text` as a Python string literal with its quotes, `"` where that will do.
std::string quote(std::string_view text);

}  // namespace kasane::resolver::pypi
