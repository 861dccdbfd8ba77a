#pragma once

#include "resolver/spec/reading_context.h"

namespace kasane::resolver {

/// Reads a TOML document into the context's specification, recognised by its tables.
void read_toml(const SpecText& text, ReadingContext& context);

/// Takes a lock for what it is: its kind and digest, no requirements.
void take_lock(const SpecText& text, std::string kind, ReadingContext& context);

}  // namespace kasane::resolver
