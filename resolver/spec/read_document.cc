#include "resolver/spec/read_document.h"

#include <algorithm>
#include <array>
#include <string>
#include <string_view>
#include <vector>

#include <fmt/format.h>

#include "base/suggest.h"
#include "base/text.h"
#include "resolver/spec/azureml_environment.h"
#include "resolver/spec/azureml_job.h"
#include "resolver/spec/azureml_v1.h"
#include "resolver/spec/conda_environment.h"
#include "resolver/spec/mlflow.h"
#include "resolver/spec/read_toml.h"
#include "resolver/spec/spec_template.h"
#include "resolver/spec/yaml_node.h"

namespace kasane::resolver {
namespace {

bool is_json(const SpecText& text) {
  const std::string_view start = trim(text.text());
  return start.starts_with('{') || start.starts_with("//") || start.starts_with("/*");
}

/// JSON as YAML reads it: comments, which people write into JSON, and tabs become spaces, so that
/// places stay.
SpecText as_yaml(const SpecText& text) {
  std::string out(text.text());
  bool quoted = false;
  for (std::size_t i = 0; i < out.size(); ++i) {
    if (out[i] == '\t') out[i] = ' ';
    if (quoted && out[i] == '\\') {
      ++i;
    } else if (out[i] == '"') {
      quoted = !quoted;
    } else if (!quoted && out[i] == '/' && i + 1 < out.size()) {
      const bool line = out[i + 1] == '/';
      if (!line && out[i + 1] != '*') continue;
      std::size_t end = line ? out.find('\n', i) : out.find("*/", i + 2);
      end = end == std::string::npos ? out.size() : end + (line ? 0 : 2);
      for (; i < end; ++i) {
        if (out[i] != '\n' && out[i] != '\r') out[i] = ' ';
      }
      --i;
    }
  }
  return {text.file_name(), std::move(out)};
}

/// Files that people have beside specifications, and are none.
void refuse_others(const SpecText& text, const YamlNode& root) {
  struct Other {
    std::string_view what;
    std::vector<std::string_view> keys;
  };
  static const std::vector<Other> kOthers = {
      {"a devcontainer.json: it says how an editor uses an image",
       {"customizations", "dockerFile", "extensions", "features", "forwardPorts", "remoteUser",
        "containerUser", "containerEnv", "remoteEnv", "mounts", "runArgs", "workspaceFolder",
        "postCreateCommand", "postStartCommand", "overrideFeatureInstallOrder"}},
      {"the lock of another tool; export it as an `@EXPLICIT` list", {"packages"}},
      {"a file of Docker Compose", {"services"}},
      {"a configuration of pre-commit", {"repos"}}};
  for (const Other& other : kOthers) {
    for (const std::string_view key : other.keys) {
      if (const YamlEntry* entry = root.find_entry(key)) {
        throw error_at(place_of(text, entry->key),
                       fmt::format("expected a specification, found {}", other.what));
      }
    }
  }
  const YamlEntry* build = root.find_entry("build");
  if (build == nullptr || build->value.find("dockerfile") == nullptr) return;
  throw error_at(place_of(text, build->key),
                 fmt::format("expected a specification, found {}", kOthers.front().what));
}

[[noreturn]] void refuse_unknown(const SpecText& text, const YamlNode& root) {
  const std::array<std::string, 4> keys = {"dependencies", "channels", "image", "conda_file"};
  for (const YamlEntry& entry : root.entries) {
    const auto meant = find_suggestion(entry.key.text, keys);
    if (!meant) continue;
    throw error_at(place_of(text, entry.key), fmt::format("unknown key `{}`", entry.key.text))
        .hint(fmt::format("did you mean `{}`?", *meant));
  }
  throw error_at(text.place(root.line > 0 ? root.line : 1),
                 "the keys of this file are those of no specification")
      .hint("an environment.yml has `dependencies`; docs/specifications.md names what is read");
}

void read_map(const SpecText& text, const YamlNode& root, ReadingContext& context) {
  EnvironmentSpec& spec = context.spec();
  const YamlNode* run = find_run_environment(root);
  if (run != nullptr) {
    spec.kind =
        root.find("entryScript") == nullptr ? "azureml-runconfig" : "azureml-inference-config";
    read_azureml_v1_environment(text, *run, context);
  } else if (is_azureml_environment(root)) {
    spec.kind = "azureml-environment";
    read_azureml_environment(text, root, context);
  } else if (is_mlflow_model(root)) {
    spec.kind = "mlflow-model";
    read_mlflow_model(text, root, context);
  } else if (is_azureml_v1_environment(root)) {
    spec.kind = "azureml-v1-environment";
    read_azureml_v1_environment(text, root, context);
  } else if (is_mlflow_python_env(root)) {
    spec.kind = "mlflow-python-env";
    read_mlflow_python_env(text, root, context);
  } else if (is_conda_environment(root)) {
    spec.kind = "conda-environment";
    read_conda_environment(text, root, context);
  } else {
    refuse_unknown(text, root);
  }
}

}  // namespace

void read_document(const SpecText& original, ReadingContext& context) {
  const bool json = is_json(original);
  const SpecText text = json ? as_yaml(original) : original;
  YamlNode root;
  try {
    root = parse_yaml(text);
  } catch (const Error&) {
    // A template is the likelier reason.
    refuse_templates(original);
    throw;
  }
  if (!root.is_map()) {
    refuse_templates(original);
    throw error_at(place_of(text, root),
                   fmt::format("expected a specification, found {}", root.describe()));
  }
  if (root.find("package") != nullptr && root.find("metadata") != nullptr) {
    take_lock(original, "conda-lock", context);
    return;
  }
  refuse_others(text, root);
  const bool is_run = find_run_environment(root) != nullptr || is_azureml_environment(root);
  if (!is_run && !is_conda_environment(root) && is_azureml_job(root)) {
    read_azureml_job(text, root, context);
    return;
  }
  refuse_templates(original);
  read_map(text, root, context);
}

}  // namespace kasane::resolver
