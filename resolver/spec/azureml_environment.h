#pragma once

#include "resolver/spec/reading_context.h"
#include "resolver/spec/yaml_node.h"

namespace kasane::resolver {

/// Whether the keys are those of an environment YAML of Azure ML's CLI, version 2.
bool is_azureml_environment(const YamlNode& root);

/// Reads an environment YAML of version 2, or the same map within a job, with the files that it
/// names: they lie beside the file of `text`.
void read_azureml_environment(const SpecText& text, const YamlNode& root, ReadingContext& context);

/// Reads the conda file that a scalar names into the context's specification.
void read_conda_file(const SpecText& text, const YamlNode& name, ReadingContext& context);

/// The path that a scalar names, beside the file of `text`; an Error points at it when nothing is
/// there, or when it is a URL.
Path named_path(const SpecText& text, const YamlNode& name, ReadingContext& context);

/// Sets the base image from a scalar, unless that is null.
void take_base_image(const SpecText& text, const YamlNode& node, ReadingContext& context);

}  // namespace kasane::resolver
