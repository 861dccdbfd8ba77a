#pragma once

#include "resolver/spec/spec_text.h"

namespace kasane::resolver {

enum class TextForm { kYaml, kJson, kToml, kDockerfile, kScript, kExplicitList, kRequirements };

/// What form a text has, by its content alone.
TextForm recognise(const SpecText& text);

}  // namespace kasane::resolver
