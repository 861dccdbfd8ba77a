#pragma once

#include "resolver/spec/reading_context.h"
#include "resolver/spec/yaml_node.h"

namespace kasane::resolver {

/// Whether the keys of a YAML document are those of a conda `environment.yml`.
bool is_conda_environment(const YamlNode& root);

/// Reads a conda `environment.yml`, or a map of its form within another document, into the
/// context's specification. Files that it names lie beside the file of `text`.
void read_conda_environment(const SpecText& text, const YamlNode& root, ReadingContext& context);

/// Adds a MatchSpec that stands in a scalar; an Error points into it.
void add_conda_requirement(const SpecText& text, const YamlNode& node, ReadingContext& context);

}  // namespace kasane::resolver
