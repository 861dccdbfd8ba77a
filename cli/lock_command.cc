#include <algorithm>
#include <memory>

#include <CLI/CLI.hpp>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "cli/commands.h"
#include "cli/spec_locker.h"

namespace kasane::cli {
namespace {

using Json = nlohmann::ordered_json;
using resolver::LockedPackage;
using resolver::LockOutcome;

struct LockCommand {
  LockTask task;
  /// What followed `--upgrade`: names, or one empty word for all.
  std::vector<std::string> upgrade;
  bool dry_run = false;
  bool json = false;
};

Json package_json(const LockedPackage& package) {
  Json out = {{"manager", package.manager == resolver::Manager::kPip ? "pip" : "conda"},
              {"name", package.name},
              {"version", package.version},
              {"build", package.build},
              {"url", package.url}};
  if (package.sha256) out["sha256"] = package.sha256->hex();
  if (package.md5) out["md5"] = package.md5->hex();
  return out;
}

Json side_json(const std::optional<LockedPackage>& package) {
  if (!package) return nullptr;
  return {{"version", package->version}, {"build", package->build}, {"url", package->url}};
}

Json platform_json(const LockOutcome& outcome) {
  Json out = {{"platform", outcome.lock.platform},
              {"kept", outcome.kept},
              {"misfit", outcome.misfit},
              {"packages", Json::array()},
              {"changes", Json::array()}};
  for (const LockedPackage& package : outcome.lock.packages) {
    out["packages"].push_back(package_json(package));
  }
  for (const resolver::LockChange& change : outcome.changes) {
    out["changes"].push_back({{"name", change.name},
                              {"kind", change.kind()},
                              {"before", side_json(change.before)},
                              {"after", side_json(change.after)}});
  }
  return out;
}

void print_json(const SpecLock& lock, bool dry_run, const Surroundings& surroundings) {
  Json out = {{"schema", "kasane.lock/1"},
              {"lock",
               {{"path", lock.path.native()},
                {"sha256", Digest::of(lock.text).hex()},
                {"written", lock.changed && !dry_run}}},
              {"sources", lock.sources},
              {"platforms", Json::array()},
              {"warnings", Json::array()}};
  for (const LockOutcome& outcome : lock.platforms) {
    out["platforms"].push_back(platform_json(outcome));
  }
  for (const Warning& warning : lock.warnings) {
    out["warnings"].push_back({{"code", warning.code}, {"message", warning.message}});
  }
  surroundings.print(out.dump(2) + "\n");
}

std::string table(const LockOutcome& outcome, bool several) {
  const std::string changes = resolver::render_changes(outcome.changes);
  if (changes.empty()) return "";
  return several ? fmt::format("{}:\n{}", outcome.lock.platform, changes) : changes;
}

void print_text(const SpecLock& lock, bool dry_run, const Surroundings& surroundings) {
  std::string changes;
  std::size_t packages = 0;
  for (const LockOutcome& outcome : lock.platforms) {
    changes += table(outcome, lock.platforms.size() > 1);
    packages += outcome.lock.packages.size();
  }
  if (dry_run) {
    surroundings.print(changes.empty() ? "nothing would change\n" : changes);
    return;
  }
  while (!changes.empty()) {
    const std::size_t end = changes.find('\n');
    surroundings.note(changes.substr(0, end));
    changes.erase(0, end + 1);
  }
  surroundings.print(fmt::format("lock         {}\npackages     {}{}\n", lock.path.native(),
                                 packages, lock.changed ? "" : ", unchanged"));
}

void run_lock(LockCommand& command, Surroundings& surroundings) {
  for (const std::string& name : command.upgrade) {
    if (name.empty()) {
      command.task.upgrade_all = true;
    } else {
      command.task.upgrade.push_back(name);
    }
  }
  const SpecLock lock = lock_specification(command.task, surroundings);
  if (!command.dry_run) write_spec_lock(lock, surroundings);
  if (command.json) {
    print_json(lock, command.dry_run, surroundings);
    return;
  }
  surroundings.warn(lock.warnings);
  print_text(lock, command.dry_run, surroundings);
}

}  // namespace

void add_lock_command(CLI::App& app, Surroundings& surroundings) {
  auto options = std::make_shared<LockCommand>();
  CLI::App* command = app.add_subcommand("lock", "Resolve a specification and lock it");
  LockTask& task = options->task;
  task.spec.add_to(*command);
  command->add_option("-o,--output", task.output,
                      "Where to write (default: conda-lock.yml beside the first FILE)");
  command
      ->add_option("--platform", task.platforms,
                   "linux-64 or linux-aarch64; may be given several times")
      ->allow_extra_args(false);
  task.base.add_to(*command);
  task.resolve.add_to(*command);
  command->add_flag("--locked", task.locked, "Fail where the present lock does not fit");
  command
      ->add_option("--upgrade", options->upgrade,
                   "Let these packages leave their place in the present lock; without names, all")
      ->expected(0, 1)
      ->default_str("")
      ->allow_extra_args(false)
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
  command->add_flag("--dry-run", options->dry_run, "Print what would change, and write nothing");
  command->add_flag("--offline", task.offline, "Take what is known of the channels as it is");
  command->add_flag("--json", options->json, "Print the result as JSON");
  command->callback([options, &surroundings] { run_lock(*options, surroundings); });
}

}  // namespace kasane::cli
