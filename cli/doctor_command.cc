#include <chrono>
#include <cstdlib>
#include <memory>

#include <CLI/CLI.hpp>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/error.h"
#include "builder/shared/shared_cache.h"
#include "cli/build_options.h"
#include "cli/commands.h"
#include "cli/registry_setup.h"

namespace kasane::cli {
namespace {

using Json = nlohmann::ordered_json;

/// Tokens are taken with some leeway.
constexpr std::chrono::seconds kMostOff{120};

struct DoctorOptions {
  std::string registry;
  RegistryOptions registries;
  bool json = false;
};

/// One thing that was looked at.
struct Finding {
  std::string name;
  bool good = true;
  std::string text;
};

class Examination {
 public:
  /// Notes what `look` says, or why it could not; tells whether it could.
  template <class Look>
  bool look(const std::string& name, Look look) {
    try {
      findings_.push_back({name, true, look()});
      return true;
    } catch (const Error& error) {
      std::string text = error.message();
      if (!error.hint_text().empty()) text += "; " + error.hint_text();
      findings_.push_back({name, false, std::move(text)});
      return false;
    }
  }
  const std::vector<Finding>& findings() const { return findings_; }
  bool all_good() const {
    return std::all_of(findings_.begin(), findings_.end(),
                       [](const auto& one) { return one.good; });
  }

 private:
  std::vector<Finding> findings_;
};

std::string_view kind_of(const registry::Credential& credential) {
  struct Names {
    std::string_view operator()(const registry::Anonymous&) const { return "none"; }
    std::string_view operator()(const registry::Password&) const { return "user and password"; }
    std::string_view operator()(const registry::IdentityToken&) const { return "identity token"; }
    std::string_view operator()(const registry::AzureToken&) const {
      return "token of Microsoft Entra";
    }
  };
  return std::visit(Names(), credential);
}

/// `https://myws.azurecr.io/` and `myws.azurecr.io/app` are no hosts, but it is clear which is
/// meant.
void check_host(const std::string& text) {
  std::string_view host = text;
  const std::size_t scheme = host.find("://");
  if (scheme != std::string_view::npos) host.remove_prefix(scheme + 3);
  host = host.substr(0, host.find('/'));
  if (host == text) return;
  throw Error(ErrorKind::kUsage,
              fmt::format("expected a registry, `HOST` or `HOST:PORT`, got `{}`", text))
      .hint(fmt::format("write `kasane doctor {}`", host));
}

void examine_registry(const std::string& host, RegistrySetup& setup, Examination& out) {
  const auto name = registry::RegistryReference::parse(
      host + "/" + std::string(builder::SharedCache::kRepository));
  out.look("credentials", [&] {
    const auto found = setup.credentials().find(name.host(), name.repository());
    return fmt::format("{}, from {}", kind_of(found.credential), found.origin);
  });
  const auto reader = setup.registries().open(name, registry::Client::Purpose::kRead);
  out.look("clock", [&]() -> std::string {
    const auto theirs = reader->fetch_time();
    if (!theirs) return "the registry does not tell the time";
    const auto ours = std::chrono::system_clock::now();
    const auto off = std::chrono::duration_cast<std::chrono::seconds>(ours - *theirs);
    if (std::chrono::abs(off) < kMostOff) return "right";
    throw Error(ErrorKind::kFailed,
                fmt::format("{} seconds {} the registry's", std::abs(off.count()),
                            off.count() > 0 ? "ahead of" : "behind"))
        .hint("set this machine's clock: tokens live from one time to another");
  });
  const bool reached = out.look("read", [&] {
    const auto tags = reader->fetch_tags();
    return fmt::format("may read; `{}` has {} tags", name.repository(), tags.size());
  });
  if (!reached) return;
  out.look("write", [&]() -> std::string {
    const auto writer = setup.registries().open(name, registry::Client::Purpose::kWrite);
    if (writer->may_write()) return fmt::format("may push to `{}`", name.repository());
    throw Error(ErrorKind::kRefused, fmt::format("may not push to `{}`", name.repository()))
        .hint(
            "ask for `AcrPush`, or for `Container Registry Repository Writer` where the registry "
            "goes by repositories");
  });
  out.look("list", [&]() -> std::string {
    try {
      return fmt::format("may list; there are {} repositories",
                         reader->fetch_repositories().size());
    } catch (const Error& error) {
      // Only cleaning up needs it.
      if (error.kind() != ErrorKind::kRefused) throw;
      return "may not list repositories, which only cleaning up needs";
    }
  });
}

void run_doctor(const DoctorOptions& options, Surroundings& surroundings) {
  check_host(options.registry);
  RegistrySetup setup(options.registries, surroundings);
  Examination examination;
  examination.look("cache", [&] {
    const auto cache = open_local_cache(surroundings, kDefaultCacheSize);
    const auto status = cache->status();
    return fmt::format("`{}`, {}", status.path.native(), render_size(status.bytes));
  });
  for (const Path& path : setup.credentials().files()) {
    const bool there = surroundings.files().find_status(path).has_value();
    examination.look("file", [&] {
      return fmt::format("`{}` is {}", path.native(), there ? "there" : "not there");
    });
  }
  if (!options.registry.empty()) examine_registry(options.registry, setup, examination);
  if (options.json) {
    Json out = {{"schema", "kasane.doctor/1"},
                {"registry", options.registry},
                {"good", examination.all_good()},
                {"findings", Json::array()}};
    for (const Finding& one : examination.findings()) {
      out["findings"].push_back({{"name", one.name}, {"good", one.good}, {"text", one.text}});
    }
    surroundings.print(out.dump(2) + "\n");
  } else {
    for (const Finding& one : examination.findings()) {
      surroundings.print(
          fmt::format("{:<4} {:<12} {}\n", one.good ? "ok" : "bad", one.name, one.text));
    }
  }
  if (!examination.all_good()) {
    throw Error(ErrorKind::kNetwork, "not all is well").hint("see above what is marked `bad`");
  }
}

}  // namespace

void add_doctor_command(CLI::App& app, Surroundings& surroundings) {
  auto options = std::make_shared<DoctorOptions>();
  CLI::App* command =
      app.add_subcommand("doctor", "Tell who we are at a registry and what we may do there");
  command->add_option("REGISTRY", options->registry, "myws.azurecr.io");
  command->add_flag("--json", options->json, "Print the result as JSON");
  options->registries.add_to(*command);
  command->callback([options, &surroundings] { run_doctor(*options, surroundings); });
}

}  // namespace kasane::cli
