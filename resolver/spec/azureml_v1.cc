#include "resolver/spec/azureml_v1.h"

#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "base/text.h"
#include "resolver/spec/azureml_environment.h"
#include "resolver/spec/conda_environment.h"
#include "resolver/spec/dockerfile.h"
#include "resolver/spec/known_keys.h"
#include "resolver/spec/requirements_reader.h"
#include "resolver/spec/spec_template.h"

namespace kasane::resolver {
namespace {

const std::array<std::string, 11> kKeys = {
    "name", "version",    "environmentVariables",    "python",  "docker", "spark",
    "r",    "databricks", "inferencingStackVersion", "assetId", "$schema"};

const YamlNode* find_given(const YamlNode& map, std::string_view key) {
  const YamlNode* node = map.find(key);
  return node == nullptr || node->is_null() ? nullptr : node;
}

bool is_true(const YamlNode* node) { return node != nullptr && lower(node->text) == "true"; }

/// Whether a section says anything: a list with items, or a scalar that is not a default.
bool says_anything(const YamlNode& node) {
  if (node.is_sequence()) return !node.items.empty();
  if (!node.is_map()) return false;
  return std::any_of(node.entries.begin(), node.entries.end(),
                     [](const YamlEntry& entry) { return says_anything(entry.value); });
}

void note_sections(const SpecText& text, const YamlNode& root, ReadingContext& context) {
  for (const std::string_view key : {"spark", "databricks", "r"}) {
    const YamlEntry* entry = root.find_entry(key);
    if (entry == nullptr || !says_anything(entry->value)) continue;
    context.warn(place_of(text, entry->key), "section-not-taken",
                 fmt::format("the section `{}` is not taken up", key));
  }
}

void read_docker(const SpecText& text, const YamlNode& docker, ReadingContext& context) {
  expect_map(text, docker, "docker");
  if (const YamlNode* image = find_given(docker, "baseImage")) {
    take_base_image(text, *image, context);
  } else if (const YamlNode* content = find_given(docker, "baseDockerfile")) {
    expect_scalar(text, *content, "baseDockerfile");
    const Path directory = Path(text.file_name()).parent_path();
    if (content->text.find_first_of(" \n") != std::string::npos) {
      const SpecText inner(text.file_name() + ":baseDockerfile", content->text);
      as_named_at(place_of(text, *content), [&] { read_dockerfile(inner, directory, context); });
    } else {
      const Path path = named_path(text, *content, context);
      as_named_at(place_of(text, *content),
                  [&] { read_dockerfile(path, path.parent_path(), context); });
    }
  }
  const YamlNode* registry = find_given(docker, "baseImageRegistry");
  const YamlNode* address = registry == nullptr ? nullptr : find_given(*registry, "address");
  std::optional<Requirement>& image = context.spec().base_image;
  if (address != nullptr && image && !image->text.starts_with(address->text)) {
    image->text = address->text + "/" + image->text;
  }
}

/// Azure ML runs from the project's directory, which the configuration may lie below.
void read_conda_dependencies_file(const SpecText& text, const YamlNode& name,
                                  ReadingContext& context) {
  const Path directory = Path(text.file_name()).parent_path();
  const std::string below = directory.filename().string();
  const bool inner = below == ".azureml" || below == "aml_config";
  const std::string& file = expect_scalar(text, name, "condaDependenciesFile").text;
  FileSystem& files = context.reading().files;
  if (!inner || files.find_status(path_beside(directory, file))) {
    read_conda_file(text, name, context);
    return;
  }
  YamlNode outer = name;
  outer.text = (Path("..") / file).string();
  read_conda_file(text, outer, context);
}

void read_python(const SpecText& text, const YamlNode& python, ReadingContext& context) {
  expect_map(text, python, "python");
  const YamlNode* inline_map = find_given(python, "condaDependencies");
  const YamlNode* file = find_given(python, "condaDependenciesFile");
  if (is_true(python.find("userManagedDependencies"))) {
    if (inline_map == nullptr && file == nullptr) return;
    context.warn(place_of(text, inline_map == nullptr ? *file : *inline_map), "user-managed",
                 "the image brings its own packages (`userManagedDependencies`): the conda "
                 "dependencies are passed over, as Azure ML does");
    return;
  }
  if (const YamlNode* base = find_given(python, "baseCondaEnvironment")) {
    throw Error(ErrorKind::kRefused,
                fmt::format("expected an environment that is complete, found one on top of `{}`",
                            base->text))
        .hint("put all packages into the conda dependencies, and `baseCondaEnvironment` to null")
        .at(place_of(text, *base));
  }
  if (inline_map != nullptr) {
    read_conda_environment(text, *inline_map, context);
  } else if (file != nullptr) {
    read_conda_dependencies_file(text, *file, context);
  }
}

void read_variables(const SpecText& text, const YamlNode& variables, ReadingContext& context) {
  for (const YamlEntry& entry : expect_map(text, variables, "environmentVariables").entries) {
    context.spec().variables[entry.key.text] =
        entry.value.is_null() ? "" : expect_scalar(text, entry.value, entry.key.text).text;
  }
}

}  // namespace

bool is_azureml_v1_environment(const YamlNode& root) {
  const YamlNode* python = root.find("python");
  const YamlNode* docker = root.find("docker");
  return (python != nullptr && python->is_map()) || (docker != nullptr && docker->is_map()) ||
         root.find("environmentVariables") != nullptr;
}

const YamlNode* find_run_environment(const YamlNode& root) {
  const YamlNode* environment = root.find("environment");
  if (environment == nullptr || is_internal_environment(*environment)) return nullptr;
  return is_azureml_v1_environment(*environment) ? environment : nullptr;
}

bool is_internal_environment(const YamlNode& node) {
  const YamlNode* docker = node.find("docker");
  return node.find("conda") != nullptr || (docker != nullptr && docker->find("image") != nullptr);
}

void read_azureml_v1_environment(const SpecText& text, const YamlNode& root,
                                 ReadingContext& context) {
  check_keys(text, expect_map(text, root, "the environment"), kKeys, "an Azure ML environment",
             context);
  if (const YamlNode* docker = find_given(root, "docker")) read_docker(text, *docker, context);
  if (const YamlNode* python = find_given(root, "python")) read_python(text, *python, context);
  if (const YamlNode* variables = find_given(root, "environmentVariables")) {
    read_variables(text, *variables, context);
  }
  note_sections(text, root, context);
  if (const YamlNode* name = find_given(root, "name")) {
    context.spec().name = expect_scalar(text, *name, "name").text;
  }
}

void read_internal_environment(const SpecText& text, const YamlNode& root,
                               ReadingContext& context) {
  const YamlNode* system = find_given(root, "os");
  if (system != nullptr && lower(system->text) != "linux") {
    throw Error(ErrorKind::kRefused,
                fmt::format("expected `Linux` for `os`, found {}", system->describe()))
        .hint("kasane builds Linux images only")
        .at(place_of(text, *system));
  }
  if (const YamlNode* docker = find_given(root, "docker")) {
    if (const YamlNode* image = find_given(expect_map(text, *docker, "docker"), "image")) {
      take_base_image(text, *image, context);
    }
  }
  const YamlNode* conda = find_given(root, "conda");
  if (conda == nullptr) return;
  expect_map(text, *conda, "conda");
  if (const YamlNode* inline_map = find_given(*conda, "conda_dependencies")) {
    read_conda_environment(text, *inline_map, context);
  }
  if (const YamlNode* file = find_given(*conda, "conda_dependencies_file")) {
    read_conda_file(text, *file, context);
  }
  if (const YamlNode* file = find_given(*conda, "pip_requirements_file")) {
    RequirementsReader(context).read_file(named_path(text, *file, context));
  }
}

}  // namespace kasane::resolver
