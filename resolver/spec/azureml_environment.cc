#include "resolver/spec/azureml_environment.h"

#include <array>

#include <fmt/format.h>

#include "base/text.h"
#include "resolver/spec/conda_environment.h"
#include "resolver/spec/dockerfile.h"
#include "resolver/spec/known_keys.h"
#include "resolver/spec/spec_template.h"

namespace kasane::resolver {
namespace {

/// Azure ML CLI, version 2: "Environment YAML schema", with what the service adds when it prints
/// one.
const std::array<std::string, 19> kKeys = {
    "$schema",       "name",  "version", "description", "tags",         "properties",
    "display_name",  "image", "build",   "conda_file",  "os_type",      "inference_config",
    "datastore",     "type",  "stage",   "id",          "auto_rebuild", "creation_context",
    "resource_group"};

const std::array<std::string, 2> kBuildKeys = {"path", "dockerfile_path"};

void refuse_conda_keys(const SpecText& text, const YamlNode& root) {
  for (const std::string_view key : {"channels", "dependencies"}) {
    const YamlEntry* entry = root.find_entry(key);
    if (entry == nullptr) continue;
    throw error_at(place_of(text, entry->key),
                   fmt::format("`{}` has no place at the top of an Azure ML environment", key))
        .hint("put `channels` and `dependencies` below `conda_file:`");
  }
}

void refuse_windows(const SpecText& text, const YamlNode& root) {
  const YamlNode* system = root.find("os_type");
  if (system == nullptr || !system->is_scalar() || lower(system->text) == "linux") return;
  throw Error(ErrorKind::kRefused,
              fmt::format("expected `linux` for `os_type`, found `{}`", system->text))
      .hint("kasane builds Linux images only")
      .at(place_of(text, *system));
}

void read_build(const SpecText& text, const YamlNode& build, ReadingContext& context) {
  check_keys(text, expect_map(text, build, "build"), kBuildKeys, "`build`", context);
  const YamlNode* path = build.find("path");
  if (path == nullptr) {
    throw error_at(place_of(text, build), "expected `path` in `build`")
        .hint("name the directory that holds the Dockerfile");
  }
  const Path directory = named_path(text, *path, context);
  const YamlNode* name = build.find("dockerfile_path");
  const std::string file = name == nullptr || name->is_null()
                               ? "Dockerfile"
                               : expect_scalar(text, *name, "dockerfile_path").text;
  const Path dockerfile = path_beside(directory, file);
  if (!context.reading().files.find_status(dockerfile)) {
    throw error_at(place_of(text, name == nullptr ? *path : *name),
                   fmt::format("no such file `{}`", dockerfile.string()));
  }
  as_named_at(place_of(text, name == nullptr ? *path : *name),
              [&] { read_dockerfile(dockerfile, directory, context); });
}

bool is_given(const YamlNode* node) { return node != nullptr && !node->is_null(); }

}  // namespace

bool is_azureml_environment(const YamlNode& root) {
  const YamlNode* schema = root.find("$schema");
  if (schema != nullptr) return lower(schema->text).find("environment.schema") != std::string::npos;
  return root.find("image") != nullptr || root.find("conda_file") != nullptr ||
         root.find("build") != nullptr;
}

void read_azureml_environment(const SpecText& text, const YamlNode& root, ReadingContext& context) {
  refuse_conda_keys(text, root);
  check_keys(text, expect_map(text, root, "the environment"), kKeys, "an Azure ML environment",
             context);
  refuse_windows(text, root);
  const YamlNode* image = root.find("image");
  const YamlNode* build = root.find("build");
  const YamlNode* conda = root.find("conda_file");
  if (is_given(image) && is_given(build)) {
    throw error_at(place_of(text, root.find_entry("build")->key),
                   "expected either `image` or `build`, found both");
  }
  if (!is_given(image) && !is_given(build)) {
    throw error_at(place_of(text, is_given(conda) ? root.find_entry("conda_file")->key : root),
                   "expected `image` or `build` in an Azure ML environment")
        .hint("name the base image with `image:`");
  }
  if (is_given(image)) take_base_image(text, *image, context);
  if (is_given(build)) read_build(text, *build, context);
  if (is_given(conda)) {
    if (conda->is_map()) {
      read_conda_environment(text, *conda, context);
    } else {
      read_conda_file(text, *conda, context);
    }
  }
  if (const YamlNode* name = root.find("name"); is_given(name)) {
    context.spec().name = expect_scalar(text, *name, "name").text;
  }
}

void read_conda_file(const SpecText& text, const YamlNode& name, ReadingContext& context) {
  const Path path = named_path(text, name, context);
  as_named_at(place_of(text, name), [&] {
    const SpecText file = context.read(path);
    refuse_templates(file);
    read_conda_environment(file, parse_yaml(file), context);
  });
}

Path named_path(const SpecText& text, const YamlNode& name, ReadingContext& context) {
  std::string file = expect_scalar(text, name, "a path").text;
  if (file.starts_with("file:")) file.erase(0, file.starts_with("file://") ? 7 : 5);
  if (file.find("://") != std::string::npos || file.starts_with("git@")) {
    throw error_at(place_of(text, name), "expected a path beside this file, found a URL")
        .hint("check it out, and name the copy");
  }
  const Path path = path_beside(Path(text.file_name()).parent_path(), file);
  if (!context.reading().files.find_status(path)) {
    throw error_at(place_of(text, name), fmt::format("no such file `{}`", path.string()));
  }
  return path;
}

void take_base_image(const SpecText& text, const YamlNode& node, ReadingContext& context) {
  if (node.is_null()) return;
  const std::string& image = expect_scalar(text, node, "image").text;
  if (image.starts_with("DEFAULT_") && image.ends_with("_IMAGE")) {
    context.warn(place_of(text, node), "sdk-image",
                 fmt::format("`{}` is a name of Azure ML's SDK and no image: name the base image "
                             "yourself",
                             image));
    return;
  }
  context.spec().base_image = Requirement{image, place_of(text, node)};
}

}  // namespace kasane::resolver
