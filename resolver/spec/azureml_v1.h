#pragma once

#include "resolver/spec/reading_context.h"
#include "resolver/spec/yaml_node.h"

namespace kasane::resolver {

/// Whether the keys are those of an `azureml_environment.json` of Azure ML's CLI, version 1.
bool is_azureml_v1_environment(const YamlNode& root);
/// The environment within a `.runconfig` or an inference configuration; nullptr when it is neither.
const YamlNode* find_run_environment(const YamlNode& root);
/// Whether a map has the form of the environment of an internal component: `docker`, `conda`, `os`.
bool is_internal_environment(const YamlNode& node);

/// Each reads such a map into the context's specification.
void read_azureml_v1_environment(const SpecText& text, const YamlNode& root,
                                 ReadingContext& context);
void read_internal_environment(const SpecText& text, const YamlNode& root, ReadingContext& context);

}  // namespace kasane::resolver
