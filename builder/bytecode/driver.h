#pragma once

#include <string_view>

namespace kasane::builder {

/// The Python program that Interpreter runs, for Python 3.7 and later. It uses built-in modules
/// only. Numbers are 4 bytes, little-endian.
///
/// It first writes its magic number (4 bytes), the minor version, and the source hash of `kasane`
/// (8 bytes). Then for each file it reads the length of the path, the path, the length of the
/// source, the source; and writes the length of the pyc and the pyc, or 0xFFFFFFFF where there is
/// none. It ends with its input.
///
/// Each file is compiled by a child that was forked for it. marshal marks each object that is
/// referred to more than once, and that depends on which strings and constants the process holds;
/// a child that starts from the same state for every file gives the same bytes for it whatever else
/// is compiled. What is left are sets of constants, which marshal writes in their order in memory
/// before Python 3.11: that order depends on addresses when a member's hash does (None, Ellipsis),
/// so such a file gets no pyc there.
std::string_view driver_program();

}  // namespace kasane::builder
