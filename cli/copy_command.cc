#include <memory>

#include <CLI/CLI.hpp>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "cli/build_options.h"
#include "cli/commands.h"
#include "cli/registry_setup.h"
#include "registry/image_copy.h"

namespace kasane::cli {
namespace {

using Json = nlohmann::ordered_json;

struct CopyOptions {
  std::string source;
  std::string target;
  std::vector<std::string> tags;
  std::string platform = "linux-64";
  bool all_platforms = false;
  RegistryOptions registries;
  bool no_referrers = false;
  bool json = false;
};

/// What was copied from where.
struct Copied {
  std::string source;
  Digest digest;
  registry::CopyResult result;
};

Copied copy(const CopyOptions& options, RegistrySetup& setup, registry::ImageTarget& target) {
  std::optional<registry::Platform> platform;
  if (options.all_platforms) {
    if (const auto index = setup.open_index(options.source)) {
      const auto result = registry::copy_index(*index, target, options.tags, !options.no_referrers);
      return {index->reference(), index->index().descriptor().digest, result};
    }
  } else {
    platform = parse_platform(options.platform);
  }
  const auto source = setup.open_source(options.source, platform);
  const auto result = registry::copy_image(*source, target, options.tags, !options.no_referrers);
  return {source->reference(), source->manifest().digest(), result};
}

void run_copy(const CopyOptions& options, Surroundings& surroundings) {
  RegistrySetup setup(options.registries, surroundings);
  const auto target = setup.open_target(registry::ImageReference::parse(options.target));
  const Copied copied = copy(options, setup, *target);
  const registry::CopyResult& result = copied.result;
  const registry::TargetTraffic traffic = target->traffic();
  const std::string digest = copied.digest.render();
  if (result.left_referrers > 0) {
    surroundings.warn({{"referrers", fmt::format("{} referrers are left behind: `{}` cannot hold "
                                                 "them",
                                                 result.left_referrers, target->reference())}});
  }
  if (options.json) {
    const Json out = {{"schema", "kasane.copy/1"},
                      {"source", copied.source},
                      {"image", {{"reference", target->reference()}, {"digest", digest}}},
                      {"manifests", result.manifests},
                      {"referrers", result.referrers},
                      {"bytes",
                       {{"copied", result.copied_bytes},
                        {"present", result.present_bytes},
                        {"mounted", traffic.mounted_bytes}}},
                      {"requests", setup.registries().requests()}};
    surroundings.print(out.dump(2) + "\n");
    return;
  }
  surroundings.note(fmt::format("bytes        {} copied, {} there, {} of them mounted",
                                render_size(result.copied_bytes), render_size(result.present_bytes),
                                render_size(traffic.mounted_bytes)));
  if (options.all_platforms) surroundings.note(fmt::format("manifests    {}", result.manifests));
  surroundings.note(fmt::format("referrers    {}", result.referrers));
  surroundings.print(
      fmt::format("digest       {}\nimage        {}\n", digest, target->reference()));
}

}  // namespace

void add_copy_command(CLI::App& app, Surroundings& surroundings) {
  auto options = std::make_shared<CopyOptions>();
  CLI::App* command =
      app.add_subcommand("copy", "Copy an image between registries, layouts and archives");
  command
      ->add_option("SRC", options->source,
                   "REGISTRY/NAME[:TAG|@DIGEST], oci:DIR[:TAG], oci-archive:FILE, "
                   "docker-archive:FILE")
      ->required();
  command->add_option("DST", options->target, "The same")->required();
  command->add_option("--tag", options->tags, "A further tag; may be given several times");
  CLI::Option* platform =
      command->add_option("--platform", options->platform, "Which one of several images")
          ->capture_default_str();
  command
      ->add_flag("--all-platforms", options->all_platforms,
                 "All of several images, with the index that names them")
      ->excludes(platform);
  command->add_flag("--no-referrers", options->no_referrers,
                    "Leave behind what refers to the image");
  command->add_flag("--json", options->json, "Print the result as JSON");
  options->registries.add_to(*command);
  command->callback([options, &surroundings] { run_copy(*options, surroundings); });
}

}  // namespace kasane::cli
