#include "cli/spec_options.h"

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "base/error.h"

namespace kasane::cli {
namespace {

std::map<std::string, std::string> read_settings(const std::vector<std::string>& settings) {
  std::map<std::string, std::string> out;
  for (const std::string& setting : settings) {
    const std::size_t equals = setting.find('=');
    if (equals == std::string::npos || equals == 0) {
      throw Error(ErrorKind::kUsage,
                  fmt::format("expected `--set NAME=VALUE`, found `{}`", setting));
    }
    out[setting.substr(0, equals)] = setting.substr(equals + 1);
  }
  return out;
}

}  // namespace

void SpecOptions::add_to(CLI::App& command) {
  command.add_option("FILE", files, "Specifications of one environment, merged when several")
      ->required();
  command.add_option("--set", settings, "Fill the template {{NAME}} of a file")
      ->type_name("NAME=VALUE")
      ->allow_extra_args(false);
  command.add_option("--extra", extras, "Take an extra of a pyproject.toml too")
      ->allow_extra_args(false);
  command.add_option("--group", groups, "Take a dependency group of a pyproject.toml too")
      ->allow_extra_args(false);
}

resolver::EnvironmentSpec SpecOptions::read(Surroundings& surroundings) const {
  const resolver::SpecReading reading{
      .files = surroundings.files(),
      .platform = platform,
      .find_variable = [&](const std::string& name) { return surroundings.find_variable(name); },
      .settings = read_settings(settings),
      .extras = {extras.begin(), extras.end()},
      .groups = {groups.begin(), groups.end()}};
  std::vector<resolver::EnvironmentSpec> specs;
  specs.reserve(files.size());
  for (const std::string& file : files) {
    specs.push_back(resolver::read_environment_spec(file, reading));
  }
  return resolver::merge_specs(specs);
}

}  // namespace kasane::cli
