#include "resolver/spec/environment_spec.h"

#include <fmt/format.h>

#include "resolver/spec/dockerfile.h"
#include "resolver/spec/read_document.h"
#include "resolver/spec/read_toml.h"
#include "resolver/spec/reading_context.h"
#include "resolver/spec/recognise.h"
#include "resolver/spec/requirements_reader.h"
#include "resolver/spec/setup_script.h"

namespace kasane::resolver {
namespace {

/// A directory is a specification when it is a model of MLflow.
Path path_within(const Path& path, const SpecReading& reading) {
  const auto status = reading.files.find_status(path);
  if (!status || status->type != FileStatus::Type::kDirectory) return path;
  for (const char* name : {"MLmodel", "conda.yaml", "python_env.yaml"}) {
    if (reading.files.find_status(path / name)) return path / name;
  }
  throw Error(ErrorKind::kUsage, "expected a specification, found a directory")
      .hint("name a file in it; of directories, models of MLflow are read")
      .at({path.string(), 0, 0, "", 1});
}

}  // namespace

EnvironmentSpec read_environment_spec(const Path& path, const SpecReading& reading) {
  EnvironmentSpec spec;
  ReadingContext context(reading, spec);
  const Path file = path_within(path, reading);
  const SpecText text = context.read(file);
  switch (recognise(text)) {
    case TextForm::kYaml:
    case TextForm::kJson:
      read_document(text, context);
      break;
    case TextForm::kToml:
      read_toml(text, context);
      break;
    case TextForm::kExplicitList:
      take_lock(text, "explicit-list", context);
      break;
    case TextForm::kDockerfile:
      spec.kind = "dockerfile";
      read_dockerfile(text, file.parent_path(), context);
      break;
    case TextForm::kScript:
      spec.kind = "setup-script";
      read_setup_script(text, context);
      break;
    case TextForm::kRequirements:
      spec.kind = "requirements";
      context.begin_requirements(file.string(), false);
      RequirementsReader(context).read_text(text);
      break;
  }
  return spec;
}

}  // namespace kasane::resolver
