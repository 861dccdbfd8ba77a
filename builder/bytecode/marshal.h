#pragma once

#include <string>

#include "builder/bytecode/pyc.h"

namespace kasane::builder {

/// Rewrites marshalled code so that it depends on the code alone; it means the same and has the
/// same length. CPython marks each object that has more than one reference when it is written, in
/// case it comes again; that count depends on everything the process has done. Here only those stay
/// marked that do come again, which is a matter of the code. False, and `bytes` are undefined, when
/// they are not one whole object as `python` writes it.
bool canonicalise_marshal(std::string& bytes, PythonMinor python);

}  // namespace kasane::builder
