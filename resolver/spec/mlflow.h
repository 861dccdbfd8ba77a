#pragma once

#include "resolver/spec/reading_context.h"
#include "resolver/spec/yaml_node.h"

namespace kasane::resolver {

/// Whether the keys are those of MLflow's `python_env.yaml`.
bool is_mlflow_python_env(const YamlNode& root);
void read_mlflow_python_env(const SpecText& text, const YamlNode& root, ReadingContext& context);

/// Whether the keys are those of the file `MLmodel` of a model's folder.
bool is_mlflow_model(const YamlNode& root);
/// Reads the environment that a model's `python_function` flavour names: conda's, else Python's.
void read_mlflow_model(const SpecText& text, const YamlNode& root, ReadingContext& context);

}  // namespace kasane::resolver
