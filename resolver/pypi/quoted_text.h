#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace kasane::resolver::pypi {

/// What a Python string literal means whose quotes are taken off; nothing when it is none. Named
/// characters (`\N{…}`) are not known here.
std::optional<std::string> unescape(std::string_view text);

/// A character in UTF-8; nothing for 0, surrogates and what is beyond Unicode.
std::optional<std::string> encode_utf8(std::uint32_t code);

/// `text` as a Python string literal with its quotes, `"` where that will do.
std::string quote(std::string_view text);

}  // namespace kasane::resolver::pypi
