#include <memory>

#include <CLI/CLI.hpp>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "cli/build_options.h"
#include "cli/commands.h"

namespace kasane::cli {
namespace {

using Json = nlohmann::ordered_json;

std::vector<std::string> package_names(const builder::ImagePlan& plan,
                                       const builder::PlannedLayer& layer) {
  std::vector<std::string> names;
  for (const builder::LayerMember& member : layer.members) {
    names.push_back(builder::package_label(plan.packages[member.package]));
  }
  return names;
}

Json layers_json(const builder::ImagePlan& plan) {
  Json layers = Json::array();
  for (const builder::PlannedLayer& layer : plan.layers) {
    Json entry = {{"key", layer.key.render()},
                  {"origin", layer.known ? "reused" : "built"},
                  {"packages", package_names(plan, layer)}};
    if (layer.known) {
      entry["digest"] = layer.known->descriptor.digest.render();
      entry["size"] = layer.known->descriptor.size_bytes;
    }
    layers.push_back(std::move(entry));
  }
  return layers;
}

void print_json(const builder::PlanPreview& preview, const builder::BuildRequest& request,
                const Surroundings& surroundings) {
  Json out = {{"schema", "kasane.plan/1"},
              {"environment",
               {{"id", preview.id.hex()},
                {"name", preview.id.name()},
                {"path", "/azureml-envs/" + preview.id.name()}}},
              {"complete", preview.complete},
              {"fetch", Json::array()},
              {"layers", nullptr},
              {"warnings", Json::array()}};
  for (const std::size_t index : preview.to_fetch) {
    out["fetch"].push_back(request.lock.packages[index].url);
  }
  if (preview.plan) {
    out["layers"] = layers_json(*preview.plan);
    for (const Warning& warning : preview.plan->warnings) {
      out["warnings"].push_back({{"code", warning.code}, {"message", warning.message}});
    }
  }
  surroundings.print(out.dump(2) + "\n");
}

void print_layers(const builder::ImagePlan& plan, const Surroundings& surroundings) {
  std::string text;
  for (const builder::PlannedLayer& layer : plan.layers) {
    const auto names = package_names(plan, layer);
    const std::size_t shown = std::min<std::size_t>(3, names.size());
    text +=
        fmt::format("{:<8} {:>9}  {}{}\n", layer.known ? "reused" : "build",
                    layer.known ? render_size(layer.known->descriptor.size_bytes) : "",
                    fmt::join(names.begin(), names.begin() + static_cast<long>(shown), ", "),
                    names.size() > shown ? fmt::format(" and {} more", names.size() - shown) : "");
  }
  surroundings.print(text + "build               the environment's own layer\n");
}

void run_plan(const BuildOptions& options, Surroundings& surroundings) {
  BuildSetup setup(options, surroundings);
  surroundings.warn(setup.lock().warnings);
  const auto preview = builder::preview_image(setup.request(), setup.services());
  if (preview.plan) surroundings.warn(preview.plan->warnings);
  if (options.json) {
    print_json(preview, setup.request(), surroundings);
    return;
  }
  if (preview.complete) {
    surroundings.print("nothing to do: the image is there\n");
  } else if (preview.plan) {
    print_layers(*preview.plan, surroundings);
  } else {
    std::string text;
    for (const std::size_t index : preview.to_fetch) {
      text += fmt::format("fetch    {}\n", setup.request().lock.packages[index].url);
    }
    surroundings.print(text);
    surroundings.note("which layers are built is known once these packages are in the cache");
  }
  surroundings.print(fmt::format("environment  /azureml-envs/{}\n", preview.id.name()));
}

}  // namespace

void add_plan_command(CLI::App& app, Surroundings& surroundings) {
  auto options = std::make_shared<BuildOptions>();
  options->writes_lock = false;
  CLI::App* command = app.add_subcommand("plan", "Tell what `build` would do, and write no image");
  options->add_to(*command);
  command->callback([options, &surroundings] { run_plan(*options, surroundings); });
}

}  // namespace kasane::cli
