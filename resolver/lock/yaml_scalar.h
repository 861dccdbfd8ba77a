#pragma once

#include <string>
#include <string_view>

namespace kasane::resolver {

/// `text` as a YAML scalar on one line that every reader of YAML 1.1 and 1.2 takes as that string:
/// quoted where it would be a number, a date, a truth value or punctuation.
std::string render_yaml_scalar(std::string_view text);

}  // namespace kasane::resolver
