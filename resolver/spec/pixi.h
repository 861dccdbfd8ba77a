#pragma once

#include "resolver/spec/reading_context.h"
#include "resolver/spec/toml_document.h"

namespace kasane::resolver {

/// Whether a table has the form of a `pixi.toml` (or `tool.pixi` of a `pyproject.toml`).
bool is_pixi(const TomlNode& table);

/// Reads the default environment of a pixi workspace for the platform that is read for.
void read_pixi(const TomlNode& table, ReadingContext& context);

}  // namespace kasane::resolver
