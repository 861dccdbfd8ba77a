#pragma once

#include <span>
#include <string>

#include "resolver/spec/reading_context.h"
#include "resolver/spec/yaml_node.h"

namespace kasane::resolver {

/// Refuses a key of a map that is probably a misspelling of a known one that is not there; warns of
/// others. `where` tells in which map, as in `an environment.yml`.
void check_keys(const SpecText& text, const YamlNode& map, std::span<const std::string> known,
                std::string_view where, ReadingContext& context);

}  // namespace kasane::resolver
