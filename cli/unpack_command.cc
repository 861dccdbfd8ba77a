#include <unistd.h>

#include <memory>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "builder/image/unpack.h"
#include "cli/build_options.h"
#include "cli/commands.h"
#include "cli/registry_setup.h"

namespace kasane::cli {
namespace {

struct UnpackArguments {
  std::string image;
  std::string directory;
  std::string platform;
  RegistryOptions registries;
  bool no_owner = false;
};

void run_unpack(const UnpackArguments& arguments, Surroundings& surroundings) {
  RegistrySetup setup(arguments.registries, surroundings);
  const auto image =
      setup.open_source(arguments.image, arguments.platform.empty()
                                             ? std::nullopt
                                             : std::optional(parse_platform(arguments.platform)));
  builder::UnpackOptions options;
  const bool root = ::geteuid() == 0;
  options.ownership =
      root && !arguments.no_owner ? builder::Ownership::kKeep : builder::Ownership::kIgnore;
  const auto result = builder::unpack(*image, arguments.directory, options);
  surroundings.warn(result.warnings);
  surroundings.note(
      fmt::format("unpacked     {} entries, {}", result.entries, render_size(result.bytes)));
}

}  // namespace

void add_unpack_command(CLI::App& app, Surroundings& surroundings) {
  auto arguments = std::make_shared<UnpackArguments>();
  CLI::App* command =
      app.add_subcommand("unpack", "Write the flattened root file system of an image");
  command
      ->add_option("IMAGE", arguments->image,
                   "REGISTRY/NAME[:TAG|@DIGEST], oci:DIR[:TAG], oci-archive:FILE, "
                   "docker-archive:FILE")
      ->required();
  command->add_option("DIR", arguments->directory, "An absent or empty directory")->required();
  command->add_flag("--no-owner", arguments->no_owner, "Everything belongs to who unpacks");
  command->add_option("--platform", arguments->platform, "Which one of several images");
  arguments->registries.add_to(*command);
  command->callback([arguments, &surroundings] { run_unpack(*arguments, surroundings); });
}

}  // namespace kasane::cli
