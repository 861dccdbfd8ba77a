#include "resolver/spec/mlflow.h"

#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "resolver/spec/azureml_environment.h"
#include "resolver/spec/install_command.h"
#include "resolver/spec/known_keys.h"
#include "resolver/spec/spec_template.h"

namespace kasane::resolver {
namespace {

const std::array<std::string, 3> kKeys = {"python", "build_dependencies", "dependencies"};

void read_python_version(const SpecText& text, const YamlNode& node, ReadingContext& context) {
  const std::string& version = expect_scalar(text, node, "python").text;
  const bool exact = std::count(version.begin(), version.end(), '.') >= 2;
  context.spec().python =
      Requirement{exact ? "==" + version : version + ".*", place_of(text, node)};
}

/// MLflow hands each item to `pip install` as it stands.
void read_items(const SpecText& text, const YamlNode* list, ReadingContext& context) {
  if (list == nullptr || list->is_null()) return;
  if (!list->is_sequence()) {
    throw error_at(place_of(text, *list),
                   fmt::format("expected a list of requirements, found {}", list->describe()));
  }
  for (const YamlNode& item : list->items) {
    expect_scalar(text, item, "a requirement");
    read_pip_arguments(split_requirement_lines(text, item), Path(text.file_name()).parent_path(),
                       context);
  }
}

const YamlNode* find_path(const YamlNode& root, std::initializer_list<std::string_view> keys) {
  const YamlNode* node = &root;
  for (const std::string_view key : keys) {
    node = node->find(key);
    if (node == nullptr) return nullptr;
  }
  return node->is_null() ? nullptr : node;
}

}  // namespace

bool is_mlflow_python_env(const YamlNode& root) {
  const YamlNode* python = root.find("python");
  return root.find("build_dependencies") != nullptr ||
         (python != nullptr && python->is_scalar() && root.find("channels") == nullptr);
}

void read_mlflow_python_env(const SpecText& text, const YamlNode& root, ReadingContext& context) {
  check_keys(text, root, kKeys, "a python_env.yaml", context);
  if (const YamlNode* python = find_path(root, {"python"})) {
    read_python_version(text, *python, context);
  }
  read_items(text, root.find("build_dependencies"), context);
  read_items(text, root.find("dependencies"), context);
}

bool is_mlflow_model(const YamlNode& root) { return root.find("flavors") != nullptr; }

void read_mlflow_model(const SpecText& text, const YamlNode& root, ReadingContext& context) {
  const YamlNode* environment = find_path(root, {"flavors", "python_function", "env"});
  if (environment == nullptr) {
    throw error_at(text.place(1), "the model names no environment")
        .hint("expected `env` in its flavour `python_function`");
  }
  const YamlNode* conda =
      environment->is_scalar() ? environment : find_path(*environment, {"conda"});
  if (conda != nullptr) {
    read_conda_file(text, *conda, context);
    return;
  }
  const YamlNode* python = find_path(*environment, {"virtualenv"});
  if (python == nullptr) {
    throw error_at(
        place_of(text, *environment),
        fmt::format("expected `conda` or `virtualenv`, found {}", environment->describe()));
  }
  const Path path = named_path(text, *python, context);
  as_named_at(place_of(text, *python), [&] {
    const SpecText file = context.read(path);
    refuse_templates(file);
    read_mlflow_python_env(file, expect_map(file, parse_yaml(file), "the environment"), context);
  });
}

}  // namespace kasane::resolver
