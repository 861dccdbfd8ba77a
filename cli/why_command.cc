#include <memory>

#include <CLI/CLI.hpp>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "cli/commands.h"
#include "cli/spec_locker.h"
#include "resolver/resolve/why.h"

namespace kasane::cli {
namespace {

using Json = nlohmann::ordered_json;
using resolver::Lock;
using resolver::Presence;

struct WhyCommand {
  LockTask task;
  std::string package;
  std::string platform = "linux-64";
  bool json = false;
};

Lock read_lock_file(const WhyCommand& command, Surroundings& surroundings) {
  const std::string& file = command.task.spec.files.front();
  resolver::LockSelection selection;
  selection.platform = command.platform;
  selection.find_variable = [&](const std::string& name) {
    return surroundings.find_variable(name);
  };
  return resolver::read_lock(surroundings.files().read_text(file), file, selection);
}

Presence explain(WhyCommand& command, Surroundings& surroundings) {
  LockTask& task = command.task;
  if (is_lock_file(task.spec.files.front(), surroundings)) {
    return resolver::explain_presence(read_lock_file(command, surroundings), {}, command.package);
  }
  task.platforms = {command.platform};
  task.spec.platform = command.platform;
  const SpecLock lock = lock_specification(task, surroundings);
  surroundings.warn(lock.warnings);
  const auto& outcome = lock.platforms.front();
  if (!outcome.kept) {
    surroundings.note(fmt::format(
        "the present lock does not fit ({}): this is what a new one holds", outcome.misfit));
  }
  const resolver::EnvironmentSpec spec = read_locked_spec(task, command.platform, surroundings);
  const auto conda = resolver::read_conda_requests(spec);
  const auto pip = resolver::read_pip_requests(spec);
  return resolver::explain_presence(outcome.lock, {conda, pip.requirements}, command.package);
}

void print_json(const Presence& presence, const Surroundings& surroundings) {
  Json out = {{"schema", "kasane.why/1"},
              {"package", {{"name", presence.package}, {"version", presence.version}}},
              {"requests", Json::array()},
              {"needs", Json::array()}};
  for (const Presence::Request& request : presence.requests) {
    out["requests"].push_back({{"requirement", request.text},
                               {"package", request.package},
                               {"file", request.place.file},
                               {"line", request.place.line}});
  }
  for (const Presence::Need& need : presence.needs) {
    out["needs"].push_back({{"package", need.package},
                            {"version", need.version},
                            {"requirement", need.requirement},
                            {"needed", need.needed}});
  }
  surroundings.print(out.dump(2) + "\n");
}

void run_why(WhyCommand& command, Surroundings& surroundings) {
  const Presence presence = explain(command, surroundings);
  if (command.json) {
    print_json(presence, surroundings);
  } else {
    surroundings.print(presence.render());
  }
}

}  // namespace

void add_why_command(CLI::App& app, Surroundings& surroundings) {
  auto options = std::make_shared<WhyCommand>();
  CLI::App* command = app.add_subcommand("why", "Tell what brings a package into an environment");
  command
      ->add_option_function<std::string>(
          "FILE", [options](const std::string& file) { options->task.spec.files = {file}; },
          "A specification, or a lock")
      ->required();
  command->add_option("PACKAGE", options->package, "A package of the lock")->required();
  command->add_option("--platform", options->platform, "linux-64 or linux-aarch64")
      ->capture_default_str();
  options->task.base.add_to(*command);
  options->task.resolve.add_to(*command);
  command->add_flag("--offline", options->task.offline,
                    "Take what is known of the channels as it is");
  command->add_flag("--json", options->json, "Print the result as JSON");
  command->callback([options, &surroundings] { run_why(*options, surroundings); });
}

}  // namespace kasane::cli
