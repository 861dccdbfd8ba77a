#pragma once

#include "resolver/spec/reading_context.h"
#include "resolver/spec/toml_document.h"

namespace kasane::resolver {

/// Reads `[project]` of a `pyproject.toml` (PEP 621) with the extras and dependency groups (PEP
/// 735) that were asked for. The project itself is not among the requirements.
void read_pyproject(const TomlNode& root, ReadingContext& context);

/// Adds a requirement of pip that stands in a string.
void add_pip_string(const TomlNode& node, const std::string& text, ReadingContext& context);

}  // namespace kasane::resolver
