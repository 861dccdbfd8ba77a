#pragma once

#include <string_view>

#include "resolver/lock/lock.h"
#include "resolver/lock/lock_text.h"

namespace kasane::resolver {

/// True when a line of the text is `@EXPLICIT` (CEP 23, "Explicit input files").
bool is_explicit_list(std::string_view text);

/// Reads an explicit list into `lock`, whose platform is set. Lines `# pip NAME @ URL`, which
/// conda-lock writes, are packages as well.
void read_explicit_list(const LockText& text, const LockSelection& selection, Lock& lock);

}  // namespace kasane::resolver
