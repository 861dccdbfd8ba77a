#include "cli/base_image.h"

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "base/error.h"
#include "builder/image/base_facts_cache.h"
#include "builder/image/base_system.h"
#include "cli/build_options.h"

namespace kasane::cli {

std::unique_ptr<registry::ImageSource> open_base(const std::string& name,
                                                 const std::string& platform,
                                                 RegistrySetup& registries) {
  if (name == "scratch") return nullptr;
  return in_context([&] { return fmt::format("while opening the base `{}`", name); },
                    [&] { return registries.open_source(name, parse_platform(platform)); });
}

resolver::SystemFacts read_system_facts(const registry::ImageSource* base, std::string_view prefix,
                                        cache::Cache& cache) {
  resolver::SystemFacts facts;
  if (base == nullptr) return facts;
  if (const auto variable = base->config().find_variable("CUDA_VERSION")) {
    facts.cuda = builder::find_cuda_version(*variable);
  }
  const builder::BaseFacts read = builder::read_kept_base_facts(*base, prefix, cache);
  if (read.os_release_text) {
    if (const auto glibc = builder::find_glibc_version(*read.os_release_text)) {
      facts.glibc = *glibc;
    }
  }
  return facts;
}

void BaseOptions::add_to(CLI::App& command) {
  command.add_option("--base", name,
                     "What will be built on: its glibc and its CUDA count where no option says");
  registries.add_to(command);
}

NamedBase::NamedBase(const BaseOptions& options, Surroundings& surroundings)
    : options_(options), surroundings_(surroundings) {}

resolver::SystemFacts NamedBase::read_system(const std::string& platform) {
  if (options_.name.empty()) return {};
  if (!registries_) {
    cache_ = open_local_cache(surroundings_, kDefaultCacheSize);
    registries_ = std::make_unique<RegistrySetup>(options_.registries, surroundings_);
    registries_->keep_documents_in(*cache_);
  }
  const auto base = open_base(options_.name, platform, *registries_);
  return read_system_facts(base.get(), kDefaultPrefix, *cache_);
}

}  // namespace kasane::cli
