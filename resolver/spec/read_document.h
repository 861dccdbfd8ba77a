#pragma once

#include "resolver/spec/reading_context.h"

namespace kasane::resolver {

/// Reads a YAML or JSON document into the context's specification, recognised by its keys.
void read_document(const SpecText& text, ReadingContext& context);

}  // namespace kasane::resolver
