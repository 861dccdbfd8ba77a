#include <memory>

#include <CLI/CLI.hpp>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/error.h"
#include "cli/build_options.h"
#include "cli/commands.h"

namespace kasane::cli {
namespace {

using Json = nlohmann::ordered_json;

void run_status(bool json, Surroundings& surroundings) {
  const auto status = open_local_cache(surroundings, kDefaultCacheSize)->status();
  if (json) {
    const Json out = {{"schema", "kasane.cache-status/1"},
                      {"path", status.path.native()},
                      {"version", status.version},
                      {"blobs", status.blobs},
                      {"bytes", status.bytes},
                      {"outcomes", status.outcomes},
                      {"partial_bytes", status.partial_bytes}};
    surroundings.print(out.dump(2) + "\n");
    return;
  }
  surroundings.print(fmt::format(
      "path         {}\nversion      {}\nblobs        {} ({})\noutcomes     {}\nunfinished   {}\n",
      status.path.native(), status.version, status.blobs, render_size(status.bytes),
      status.outcomes, render_size(status.partial_bytes)));
}

void run_trim(const std::string& size, bool json, Surroundings& surroundings) {
  const auto result =
      open_local_cache(surroundings, kDefaultCacheSize)->trim(parse_size(size, "--to"));
  if (json) {
    const Json out = {{"schema", "kasane.cache-trim/1"},
                      {"removed_blobs", result.removed_blobs},
                      {"freed_bytes", result.freed_bytes},
                      {"kept_in_use_bytes", result.kept_in_use_bytes}};
    surroundings.print(out.dump(2) + "\n");
    return;
  }
  surroundings.print(fmt::format("removed      {} blobs\nfreed        {}\n", result.removed_blobs,
                                 render_size(result.freed_bytes)));
  if (result.kept_in_use_bytes > 0) {
    surroundings.note(
        fmt::format("{} stay: other processes use them", render_size(result.kept_in_use_bytes)));
  }
}

void run_verify(bool json, Surroundings& surroundings) {
  const auto result = open_local_cache(surroundings, kDefaultCacheSize)->verify();
  if (json) {
    Json out = {{"schema", "kasane.cache-verify/1"},
                {"checked_blobs", result.checked_blobs},
                {"damaged", Json::array()},
                {"dropped_outcomes", result.dropped_outcomes}};
    for (const Digest& digest : result.damaged) out["damaged"].push_back(digest.render());
    surroundings.print(out.dump(2) + "\n");
  } else {
    surroundings.print(fmt::format("checked      {} blobs\ndamaged      {}\n", result.checked_blobs,
                                   result.damaged.size()));
    for (const Digest& digest : result.damaged) surroundings.note("dropped " + digest.render());
  }
  if (!result.damaged.empty()) {
    throw Error(ErrorKind::kIntegrity,
                fmt::format("{} blobs were damaged; they are dropped now", result.damaged.size()))
        .hint("build again: what is missing is made anew");
  }
}

}  // namespace

void add_cache_command(CLI::App& app, Surroundings& surroundings) {
  auto json = std::make_shared<bool>(false);
  CLI::App* command = app.add_subcommand("cache", "Look after the local cache");
  command->require_subcommand(1);
  const auto add = [&](const char* name, const char* text) {
    CLI::App* sub = command->add_subcommand(name, text);
    sub->add_flag("--json", *json, "Print the result as JSON");
    return sub;
  };
  add("status", "What is in it")->callback([json, &surroundings] {
    run_status(*json, surroundings);
  });
  add("verify", "Hash every blob again; damaged ones are dropped")->callback([json, &surroundings] {
    run_verify(*json, surroundings);
  });
  auto size = std::make_shared<std::string>("20GiB");
  CLI::App* trim = add("trim", "Remove what was not used for longest");
  trim->add_option("--to", *size, "How much may stay")->capture_default_str();
  trim->callback([json, size, &surroundings] { run_trim(*size, *json, surroundings); });
}

}  // namespace kasane::cli
