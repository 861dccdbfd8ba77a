#pragma once

#include <string>
#include <string_view>

namespace kasane::builder {

/// The first line or lines that make a Python script run with the interpreter at `python`, ending
/// in a newline. Where a plain `#!` line would be longer than the 127 characters that every kernel
/// reads, or holds a space, /bin/sh starts the interpreter. A path that cannot stand in either form
/// is an Error of kind kUsage.
std::string python_shebang(std::string_view python);

}  // namespace kasane::builder
