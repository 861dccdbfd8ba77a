#include <memory>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "base/error.h"
#include "cli/commands.h"
#include "cli/registry_setup.h"

namespace kasane::cli {
namespace {

struct ImportOptions {
  std::string image;
  std::string registry = "REGISTRY";
  RegistryOptions registries;
};

/// `myws` of `myws.azurecr.io`, as `az acr` calls it.
std::string short_name(const std::string& registry) {
  return registry.substr(0, registry.find('.'));
}

void run_import(const ImportOptions& options, Surroundings& surroundings) {
  const auto parsed = registry::ImageReference::parse(options.image);
  const auto* name = parsed.find<registry::RegistryReference>();
  if (name == nullptr) {
    throw Error(ErrorKind::kUsage,
                fmt::format("expected an image in a registry, got `{}`", options.image))
        .hint("`kasane copy` brings images on disk into a registry");
  }
  RegistrySetup setup(options.registries, surroundings);
  const std::string wanted =
      name->digest() ? name->digest()->render() : name->tag().value_or("latest");
  const auto found =
      setup.registries().open(*name, registry::Client::Purpose::kRead)->find_descriptor(wanted);
  if (!found) {
    throw Error(ErrorKind::kFailed, fmt::format("there is no image `{}`", name->render()))
        .hint("check the name and the tag; a private image may need `docker login`");
  }
  const std::string source =
      fmt::format("{}/{}@{}", name->host(), name->repository(), found->digest.render());
  const std::string tag =
      name->tag().value_or(name->digest() ? found->digest.hex().substr(0, 12) : "latest");
  surroundings.note("the registry fetches the image itself; afterwards build on it with");
  surroundings.note(fmt::format("  --base {}/{}:{}",
                                options.registry.find('.') == std::string::npos
                                    ? options.registry + ".azurecr.io"
                                    : options.registry,
                                name->repository(), tag));
  surroundings.print(fmt::format("az acr import --name {} --source {} --image {}:{}\n",
                                 short_name(options.registry), source, name->repository(), tag));
}

}  // namespace

void add_import_base_command(CLI::App& app, Surroundings& surroundings) {
  auto options = std::make_shared<ImportOptions>();
  CLI::App* command = app.add_subcommand(
      "import-base", "Print the line by which Azure Container Registry fetches an image itself");
  command->add_option("IMAGE", options->image, "REGISTRY/NAME[:TAG|@DIGEST]")->required();
  command->add_option("--registry", options->registry, "Where to import it: myws.azurecr.io");
  options->registries.add_to(*command);
  command->callback([options, &surroundings] { run_import(*options, surroundings); });
}

}  // namespace kasane::cli
