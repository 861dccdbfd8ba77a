#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/process.h"
#include "cache/cache.h"
#include "cli/credentials.h"
#include "cli/surroundings.h"
#include "registry/open_image.h"
#include "registry/remote/registries.h"

namespace CLI {
class App;
}  // namespace CLI

namespace kasane::cli {

/// The options by which commands reach registries, as they were typed.
struct RegistryOptions {
  std::vector<std::string> insecure;
  std::string client_certificate;
  std::string client_key;
  unsigned parallel = 8;
  bool tls = false;

  void add_to(CLI::App& command);
};

/// Registries as the surroundings let us reach them: connections, credentials, kept documents.
class RegistrySetup {
 public:
  RegistrySetup(const RegistryOptions& options, Surroundings& surroundings);
  ~RegistrySetup();

  registry::Registries& registries() { return *registries_; }
  Credentials& credentials() { return credentials_; }
  /// Manifests and configurations of images are kept there from now on.
  void keep_documents_in(cache::Cache& cache);
  /// An image by its name, wherever it is. Must not outlive this.
  std::unique_ptr<registry::ImageSource> open_source(
      const std::string& name, const std::optional<registry::Platform>& platform);
  /// All that an index names; nullptr for a single image.
  std::unique_ptr<registry::IndexSource> open_index(const std::string& name);
  std::unique_ptr<registry::ImageTarget> open_target(const registry::ImageReference& reference);

 private:
  template <class Open>
  auto open(const std::string& name, Open open);

  Surroundings& surroundings_;
  std::unique_ptr<CommandRunner> runner_;
  Credentials credentials_;
  std::unique_ptr<registry::DocumentStore> documents_;
  std::unique_ptr<registry::Registries> registries_;
};

/// What curl is to be told: where certificates are.
HttpOptions http_options(const RegistryOptions& options, const Surroundings& surroundings);

/// `linux-64` or `linux/amd64`; an Error of kind kUsage otherwise.
registry::Platform parse_platform(const std::string& text);

}  // namespace kasane::cli
