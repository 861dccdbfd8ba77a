#pragma once

#include <string>
#include <vector>

#include "resolver/lock/lock.h"
#include "resolver/lock/lock_text.h"

namespace kasane::resolver {

/// Reads conda-lock's format, version 1 (CEP 37), into `lock`, whose platform is set.
void read_conda_lock(const LockText& text, const LockSelection& selection, Lock& lock);

/// Platforms of the packages and of the metadata, sorted.
std::vector<std::string> read_conda_lock_platforms(const LockText& text);

}  // namespace kasane::resolver
