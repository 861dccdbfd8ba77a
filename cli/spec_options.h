#pragma once

#include <string>
#include <vector>

#include "cli/surroundings.h"
#include "resolver/spec/environment_spec.h"

namespace CLI {
class App;
}  // namespace CLI

namespace kasane::cli {

/// What commands that take a SPEC are told about it, as it was typed.
struct SpecOptions {
  std::vector<std::string> files;
  std::vector<std::string> settings;
  std::vector<std::string> extras;
  std::vector<std::string> groups;
  std::string platform = "linux-64";

  /// All but `--platform`, which commands have for other reasons too.
  void add_to(CLI::App& command);
  /// Reads all files, and merges them when there are several.
  resolver::EnvironmentSpec read(Surroundings& surroundings) const;
};

}  // namespace kasane::cli
