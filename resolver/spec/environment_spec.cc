#include "resolver/spec/environment_spec.h"

#include <fmt/format.h>

#include "resolver/spec/conda_environment.h"
#include "resolver/spec/reading_context.h"
#include "resolver/spec/recognise.h"
#include "resolver/spec/requirements_reader.h"
#include "resolver/spec/spec_template.h"
#include "resolver/spec/yaml_node.h"

namespace kasane::resolver {
namespace {

void read_yaml(const SpecText& text, ReadingContext& context) {
  refuse_templates(text);
  const YamlNode root = parse_yaml(text);
  EnvironmentSpec& spec = context.spec();
  if (!root.is_map()) {
    throw error_at(place_of(text, root),
                   fmt::format("expected a specification, found {}", root.describe()));
  }
  if (is_conda_environment(root)) {
    spec.kind = "conda-environment";
    read_conda_environment(text, root, context);
  } else {
    throw error_at(text.place(1), "the keys of this YAML file are those of no specification")
        .hint("an environment.yml has `dependencies`");
  }
}

}  // namespace

EnvironmentSpec read_environment_spec(const Path& path, const SpecReading& reading) {
  EnvironmentSpec spec;
  ReadingContext context(reading, spec);
  const SpecText text = context.read(path);
  switch (recognise(text)) {
    case TextForm::kYaml:
      read_yaml(text, context);
      break;
    case TextForm::kRequirements:
      spec.kind = "requirements";
      context.begin_requirements(path.string(), false);
      RequirementsReader(context).read_text(text);
      break;
  }
  return spec;
}

}  // namespace kasane::resolver
