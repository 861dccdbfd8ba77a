#include "cli/credentials.h"

#include <fmt/format.h>

#include "registry/auth/docker_config.h"

namespace kasane::cli {
namespace {

using registry::Anonymous;

constexpr std::size_t kLargestConfig = std::size_t{8} << 20;

std::unique_ptr<HttpClient> direct_client(HttpOptions options) {
  options.proxies_from_environment = false;
  return make_curl_client(options);
}

}  // namespace

Credentials::Credentials(Surroundings& surroundings, CommandRunner& runner, const HttpOptions& http)
    : surroundings_(surroundings),
      runner_(runner),
      http_(make_curl_client(http)),
      direct_(direct_client(http)),
      azure_(registry::AzureSettings::from(
                 [&](const std::string& name) { return surroundings.find_variable(name); }),
             {*http_, *direct_, surroundings.files(), runner, surroundings.program_directories(),
              surroundings.environment(), [] { return std::chrono::steady_clock::now(); },
              [] { return std::chrono::system_clock::now(); }}) {}

std::vector<Path> Credentials::files() const {
  if (const auto file = surroundings_.find_variable("REGISTRY_AUTH_FILE")) return {*file};
  std::vector<Path> out;
  const auto home = surroundings_.find_variable("HOME");
  if (const auto directory = surroundings_.find_variable("DOCKER_CONFIG")) {
    out.push_back(Path(*directory) / "config.json");
  } else if (home) {
    out.push_back(Path(*home) / ".docker/config.json");
  }
  if (const auto directory = surroundings_.find_variable("XDG_RUNTIME_DIR")) {
    out.push_back(Path(*directory) / "containers/auth.json");
  }
  if (home) out.push_back(Path(*home) / ".config/containers/auth.json");
  return out;
}

void Credentials::read_files() {
  const registry::CredentialHelpers helpers{&runner_, surroundings_.program_directories(),
                                            surroundings_.environment()};
  for (const Path& path : files()) {
    if (!surroundings_.files().find_status(path)) continue;
    const std::string text = surroundings_.files().read_text(path, kLargestConfig);
    const std::string name = "`" + path.native() + "`";
    sources_.push_back(
        {registry::credentials_of(registry::DockerConfig::parse(text, name), helpers), name});
  }
}

Credentials::Found Credentials::find(const std::string& host, const std::string& repository) {
  std::call_once(once_, [&] { read_files(); });
  for (const Source& source : sources_) {
    registry::Credential found = source.find(host, repository);
    if (!std::holds_alternative<Anonymous>(found)) return {std::move(found), source.origin};
  }
  if (registry::is_azure_registry(host)) {
    if (auto token = azure_.find_token()) return {*std::move(token), azure_.describe()};
  }
  return {Anonymous{}, "nobody in particular: no credentials were found"};
}

}  // namespace kasane::cli
