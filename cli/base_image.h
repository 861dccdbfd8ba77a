#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "cache/cache.h"
#include "cli/registry_setup.h"
#include "registry/image_source.h"
#include "resolver/conda/virtual_packages.h"

namespace kasane::cli {

/// Where an environment lies in an image unless `--prefix` says otherwise.
inline constexpr std::string_view kDefaultPrefix = "/azureml-envs/kasane";

/// The image for `platform` of the one that is named after `--base`; nullptr for `scratch`. Must
/// not outlive `registries`.
std::unique_ptr<registry::ImageSource> open_base(const std::string& name,
                                                 const std::string& platform,
                                                 RegistrySetup& registries);

/// What a base tells of the system; all defaults for nullptr. Its layers are read once, and what a
/// build with that prefix must know of them is kept.
resolver::SystemFacts read_system_facts(const registry::ImageSource* base, std::string_view prefix,
                                        cache::Cache& cache);

/// A base that commands are told of which build nothing themselves, as it was typed.
struct BaseOptions {
  std::string name;
  RegistryOptions registries;

  void add_to(CLI::App& command);
};

/// The base of such a command. Cache and registries are opened when it is first asked.
class NamedBase {
 public:
  /// Borrows both.
  NamedBase(const BaseOptions& options, Surroundings& surroundings);

  /// All defaults where no base was named.
  resolver::SystemFacts read_system(const std::string& platform);

 private:
  const BaseOptions& options_;
  Surroundings& surroundings_;
  std::unique_ptr<cache::Cache> cache_;
  std::unique_ptr<RegistrySetup> registries_;
};

}  // namespace kasane::cli
