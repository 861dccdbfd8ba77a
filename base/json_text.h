#pragma once

#include <string>
#include <string_view>

namespace kasane {

/// Appends `text` as JSON writes a text, in quotes; what is not UTF-8 in it becomes U+FFFD. For
/// documents so large that they are written as they go, not built.
void append_json_text(std::string& out, std::string_view text);

}  // namespace kasane
