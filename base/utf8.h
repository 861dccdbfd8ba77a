#pragma once

#include <string_view>

namespace kasane {

/// Whether `text` is well-formed UTF-8 (Unicode 15, table 3-7): no overlong form, no surrogate.
bool is_utf8(std::string_view text);

}  // namespace kasane
