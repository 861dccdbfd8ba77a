#pragma once

#include <string_view>

namespace kasane::builder {

/// The Python program that Interpreter runs, for Python 3.7 and later. It uses built-in modules
/// only. Numbers are 4 bytes, little-endian.
///
/// It first writes its magic number (4 bytes), the minor version, and the source hash of `kasane`
/// (8 bytes). Then it reads chunks: the number of files, and for each the length of the path, the
/// path, the length of the source, the source. For each file it writes the length of the pyc and
/// the pyc, or 0xFFFFFFFF where there is none. It ends with its input.
///
/// A chunk is compiled by a child that was forked for it, so that nothing of one chunk is there for
/// the next; when the child dies of a file, each file of the chunk gets a child of its own. What
/// one file may still do to the next within a chunk, marks in the marshalled code, Interpreter
/// takes away. Before Python 3.11 sets of constants are written in their order in memory, which
/// depends on addresses when a member's hash does (None, Ellipsis); a file with such a set gets no
/// pyc there.
std::string_view driver_program();

}  // namespace kasane::builder
