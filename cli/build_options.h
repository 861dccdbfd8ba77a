#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/http.h"
#include "base/process.h"
#include "builder/fetch/package_fetcher.h"
#include "builder/image/image_builder.h"
#include "cache/cache.h"
#include "cli/base_image.h"
#include "cli/build_lock.h"
#include "cli/netrc_file.h"
#include "cli/registry_setup.h"
#include "cli/resolve_options.h"
#include "cli/surroundings.h"

namespace CLI {
class App;
}  // namespace CLI

namespace kasane::cli {

/// The options that `build` and `plan` share, as they were typed.
struct BuildOptions {
  std::string file;
  std::string base;
  std::string to;
  std::string push;
  std::string platform = "linux-64";
  std::string prefix{kDefaultPrefix};
  std::string compression = "gzip";
  std::string cache_size = "20GiB";
  std::string largest_layer = "512MiB";
  std::vector<std::string> tags;
  std::vector<std::string> categories = {"main"};
  std::size_t max_layers = 64;
  unsigned threads = 0;
  RegistryOptions registries;
  bool no_compile = false;
  bool strict = false;
  ResolveOptions resolve;
  bool locked = false;
  bool offline = false;
  bool no_remote_cache = false;
  bool json = false;
  /// Not typed: whether a new lock is put beside its specification.
  bool writes_lock = true;

  void add_to(CLI::App& command);
};

/// Everything that a build stands on, opened: from what was typed to what builder/ takes.
class BuildSetup {
 public:
  BuildSetup(const BuildOptions& options, Surroundings& surroundings);

  const builder::BuildRequest& request() const { return *request_; }
  builder::BuildServices& services() { return *services_; }
  const BuildLock& lock() const { return *lock_; }

 private:
  std::unique_ptr<cache::Cache> cache_;
  std::unique_ptr<RegistrySetup> registries_;
  std::unique_ptr<registry::ImageSource> base_;
  std::unique_ptr<HttpClient> http_;
  std::unique_ptr<NetrcFile> netrc_;
  std::unique_ptr<builder::PackageFetcher> fetcher_;
  std::unique_ptr<CommandRunner> runner_;
  std::optional<BuildLock> lock_;
  std::unique_ptr<builder::BuildRequest> request_;
  std::unique_ptr<builder::BuildServices> services_;
};

/// Reads `20GiB`, `512MB`, `1048576`; an Error of kind kUsage that names `option` otherwise.
std::uint64_t parse_size(std::string_view text, std::string_view option);

/// `1.5 GB`
std::string render_size(std::uint64_t bytes);

/// The bound of the cache for commands that have no option for it.
inline constexpr std::uint64_t kDefaultCacheSize = std::uint64_t{20} << 30;

/// The cache, where the surroundings say it is.
std::unique_ptr<cache::Cache> open_local_cache(Surroundings& surroundings,
                                               std::uint64_t size_limit_bytes);

}  // namespace kasane::cli
