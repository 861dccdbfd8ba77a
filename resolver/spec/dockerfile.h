#pragma once

#include "resolver/spec/reading_context.h"

namespace kasane::resolver {

/// Reads a Dockerfile of the shapes that Azure ML's users write into the context's specification.
/// What it copies lies in `context_directory`. An instruction or command that cannot be taken up
/// is an Error of kind kRefused at its place, which says what would be lost.
void read_dockerfile(const Path& path, const Path& context_directory, ReadingContext& context);
void read_dockerfile(const SpecText& text, const Path& context_directory, ReadingContext& context);

}  // namespace kasane::resolver
