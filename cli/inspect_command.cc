#include <memory>

#include <CLI/CLI.hpp>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/error.h"
#include "builder/inventory/read_inventory.h"
#include "cli/build_options.h"
#include "cli/commands.h"
#include "cli/registry_setup.h"

namespace kasane::cli {
namespace {

using Json = nlohmann::ordered_json;
using builder::Inventory;

struct Inspected {
  std::unique_ptr<registry::ImageSource> image;
  std::optional<Inventory> inventory;
};

std::string annotation(const registry::Descriptor& layer, const std::string& name) {
  const auto place = layer.annotations.find(name);
  return place == layer.annotations.end() ? "" : place->second;
}

std::string environment_path(const Inspected& inspected) {
  return inspected.image->config().find_variable("AZUREML_CONDA_ENVIRONMENT_PATH").value_or("");
}

Json inspected_json(const Inspected& inspected) {
  const registry::Manifest& manifest = inspected.image->manifest();
  const auto diff_ids = inspected.image->config().diff_ids();
  Json out = {{"schema", "kasane.inspect/1"},
              {"image",
               {{"reference", inspected.image->reference()},
                {"digest", manifest.digest().render()},
                {"media_type", manifest.media_type},
                {"config_digest", manifest.config.digest.render()},
                {"architecture", inspected.image->config().architecture()}}},
              {"environment", nullptr},
              {"labels", inspected.image->config().labels()},
              {"layers", Json::array()},
              {"packages", Json::array()}};
  for (std::size_t i = 0; i < manifest.layers.size(); ++i) {
    const registry::Descriptor& layer = manifest.layers[i];
    out["layers"].push_back({{"digest", layer.digest.render()},
                             {"diff_id", i < diff_ids.size() ? diff_ids[i].render() : ""},
                             {"size", layer.size_bytes},
                             {"media_type", layer.media_type},
                             {"key", annotation(layer, "io.kasane.layer.key")},
                             {"packages", annotation(layer, "io.kasane.layer.packages")}});
  }
  if (!inspected.inventory) return out;
  const Inventory& inventory = *inspected.inventory;
  out["environment"] = {{"id", inventory.environment_id},
                        {"path", environment_path(inspected)},
                        {"prefix", inventory.prefix},
                        {"python", inventory.python},
                        {"layout", inventory.layout}};
  for (const Inventory::Package& package : inventory.packages) {
    out["packages"].push_back({{"manager", package.manager},
                               {"name", package.name},
                               {"version", package.version},
                               {"build", package.build},
                               {"url", package.url},
                               {"sha256", package.sha256.hex()},
                               {"installed_bytes", package.installed_bytes},
                               {"files", package.files.size()}});
  }
  return out;
}

void print_text(const Inspected& inspected, bool packages, const Surroundings& surroundings) {
  const registry::Manifest& manifest = inspected.image->manifest();
  std::uint64_t total = 0;
  std::string layers;
  for (const registry::Descriptor& layer : manifest.layers) {
    total += layer.size_bytes;
    std::string what = annotation(layer, "io.kasane.layer.packages");
    if (what.size() > 60) what = what.substr(0, 57) + "...";
    layers += fmt::format("  {}  {:>9}  {}\n", layer.digest.render().substr(0, 19),
                          render_size(layer.size_bytes), what);
  }
  surroundings.print(
      fmt::format("image        {}\ndigest       {}\nplatform     linux/{}\n"
                  "layers       {} ({})\n{}",
                  inspected.image->reference(), manifest.digest().render(),
                  inspected.image->config().architecture(), manifest.layers.size(),
                  render_size(total), layers));
  if (!inspected.inventory) {
    surroundings.note("no inventory: this image was not built by kasane");
    return;
  }
  const Inventory& inventory = *inspected.inventory;
  surroundings.print(fmt::format(
      "environment  {}\nprefix       {}\npython       {}\npackages     {}\n",
      environment_path(inspected), inventory.prefix, inventory.python, inventory.packages.size()));
  if (!packages) return;
  for (const Inventory::Package& package : inventory.packages) {
    surroundings.print(fmt::format("  {:<32} {:<16} {:<22} {:>9}\n", package.name, package.version,
                                   package.manager == "pip" ? "(wheel)" : package.build,
                                   render_size(package.installed_bytes)));
  }
}

void print_owner(const Inspected& inspected, const std::string& path,
                 const Surroundings& surroundings) {
  if (!inspected.inventory) {
    throw Error(ErrorKind::kFailed, "the image has no inventory: it was not built by kasane");
  }
  const std::string below = inspected.inventory->prefix + "/";
  const std::string relative = path.starts_with(below) ? path.substr(below.size()) : path;
  for (const Inventory::Package& package : inspected.inventory->packages) {
    if (!std::binary_search(package.files.begin(), package.files.end(), relative)) continue;
    surroundings.print(fmt::format("{} {} {}\n", package.name, package.version, package.build));
    return;
  }
  throw Error(ErrorKind::kFailed, fmt::format("no package of the image owns `{}`", path));
}

struct InspectOptions {
  std::string image;
  std::string owner;
  std::string platform;
  RegistryOptions registries;
  bool packages = false;
  bool json = false;
};

void run_inspect(const InspectOptions& options, Surroundings& surroundings) {
  RegistrySetup setup(options.registries, surroundings);
  Inspected inspected;
  inspected.image = setup.open_source(
      options.image,
      options.platform.empty() ? std::nullopt : std::optional(parse_platform(options.platform)));
  inspected.inventory = builder::read_inventory(*inspected.image);
  if (!options.owner.empty()) {
    print_owner(inspected, options.owner, surroundings);
  } else if (options.json) {
    surroundings.print(inspected_json(inspected).dump(2) + "\n");
  } else {
    print_text(inspected, options.packages, surroundings);
  }
}

}  // namespace

void add_inspect_command(CLI::App& app, Surroundings& surroundings) {
  auto options = std::make_shared<InspectOptions>();
  CLI::App* command = app.add_subcommand("inspect", "Tell what is in an image");
  command
      ->add_option("IMAGE", options->image,
                   "REGISTRY/NAME[:TAG|@DIGEST], oci:DIR[:TAG], oci-archive:FILE, "
                   "docker-archive:FILE")
      ->required();
  command->add_option("--platform", options->platform, "Which one of several images");
  command->add_flag("--packages", options->packages, "List the packages too");
  command->add_option("--owner", options->owner, "Say which package owns this path");
  command->add_flag("--json", options->json, "Print the result as JSON");
  options->registries.add_to(*command);
  command->callback([options, &surroundings] { run_inspect(*options, surroundings); });
}

}  // namespace kasane::cli
