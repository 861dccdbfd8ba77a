#pragma once

#include "resolver/spec/reading_context.h"
#include "resolver/spec/yaml_node.h"

namespace kasane::resolver {

/// Whether the keys are those of a job, pipeline, component or deployment of Azure ML.
bool is_azureml_job(const YamlNode& root);

/// Reads every environment that a job, pipeline or component holds, with the component files that
/// it names, and names every reference. A single environment becomes the context's specification;
/// several are its `environments`.
void read_azureml_job(const SpecText& text, const YamlNode& root, ReadingContext& context);

}  // namespace kasane::resolver
