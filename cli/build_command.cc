#include <memory>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "cli/build_options.h"
#include "cli/commands.h"

namespace kasane::cli {
namespace {

using builder::BuildReport;
using builder::LayerReport;

std::size_t count(const BuildReport& report, LayerReport::Origin origin) {
  return static_cast<std::size_t>(
      std::count_if(report.layers.begin(), report.layers.end(),
                    [&](const LayerReport& layer) { return layer.origin == origin; }));
}

/// What happened, for people: to standard error, so that standard output holds the result alone.
void note_summary(const BuildReport& report, const Surroundings& surroundings) {
  using enum LayerReport::Origin;
  if (report.strategy_reason == builder::kThereAlready) {
    surroundings.note("nothing to do: the image is there");
  }
  for (const LayerReport& layer : report.layers) {
    if (layer.origin != kBuilt || layer.packages.empty()) continue;
    const std::string more =
        layer.packages.size() > 3 ? fmt::format(" and {} more", layer.packages.size() - 3) : "";
    const std::size_t shown = std::min<std::size_t>(3, layer.packages.size());
    surroundings.note(fmt::format(
        "  built      {:>9}  {}{}", render_size(layer.descriptor.size_bytes),
        fmt::join(layer.packages.begin(), layer.packages.begin() + static_cast<long>(shown), ", "),
        more));
  }
  surroundings.note(fmt::format("layers       {} built, {} reused, {} mounted, {} of the base",
                                count(report, kBuilt), count(report, kReused),
                                count(report, kMounted), count(report, kBase)));
  surroundings.note(fmt::format("bytes        {} fetched, {} built, {} reused",
                                render_size(report.bytes_fetched), render_size(report.bytes_built),
                                render_size(report.bytes_reused)));
  if (report.requests > 0) {
    surroundings.note(fmt::format("registry     {} uploaded, {} mounted, {} requests",
                                  render_size(report.bytes_uploaded),
                                  render_size(report.bytes_mounted), report.requests));
  }
  surroundings.note(fmt::format("seconds      {:.2f} (fetch {:.2f}, build {:.2f}, publish {:.2f})",
                                report.seconds_total, report.seconds_fetch, report.seconds_build,
                                report.seconds_publish));
}

void run_build(const BuildOptions& options, Surroundings& surroundings) {
  BuildSetup setup(options, surroundings);
  BuildReport report = builder::build_image(setup.request(), setup.services());
  report.lock_path = setup.lock().path;
  report.seconds_resolve = setup.lock().seconds;
  report.seconds_total += setup.lock().seconds;
  report.warnings.insert(report.warnings.begin(), setup.lock().warnings.begin(),
                         setup.lock().warnings.end());
  surroundings.warn(report.warnings);
  if (options.json) {
    surroundings.print(report.render_json() + "\n");
    return;
  }
  note_summary(report, surroundings);
  surroundings.print(fmt::format("digest       {}\nimage        {}\nenvironment  {}\n",
                                 report.digest, report.reference, report.environment_path));
}

}  // namespace

void add_build_command(CLI::App& app, Surroundings& surroundings) {
  auto options = std::make_shared<BuildOptions>();
  CLI::App* command = app.add_subcommand("build", "Build the image of a specification or a lock");
  options->add_to(*command);
  command->callback([options, &surroundings] { run_build(*options, surroundings); });
}

}  // namespace kasane::cli
