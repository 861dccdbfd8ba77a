#include "cli/registry_setup.h"

#include <chrono>
#include <mutex>
#include <thread>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "base/error.h"

namespace kasane::cli {
namespace {

/// No document of an image is larger.
constexpr std::uint64_t kLargestDocument = std::uint64_t{4} << 20;

/// Sending less than this again costs no more than asking: what was sent is remembered anyway.
constexpr std::uint64_t kWorthAsking = std::uint64_t{1} << 20;

/// Documents as blobs of the local cache.
class CachedDocuments final : public registry::DocumentStore {
 public:
  explicit CachedDocuments(cache::Cache& cache) : cache_(cache) {}
  std::optional<std::string> find(const Digest& digest) override {
    const auto file = cache_.find_blob(digest);
    if (file == nullptr || file->size() > kLargestDocument) return std::nullopt;
    std::string text(static_cast<std::size_t>(file->size()), '\0');
    const std::size_t n = file->read_at(0, text);
    return n == text.size() ? std::optional(std::move(text)) : std::nullopt;
  }
  void keep(std::string_view text) override {
    const auto blob = cache_.begin_blob();
    blob->write(text);
    blob->commit();
  }

 private:
  cache::Cache& cache_;
};

/// Waits, and tells so when it takes long: silence looks like a program that hangs. Of transfers
/// that wait at the same time one is told of.
std::function<void(std::chrono::milliseconds)> told_pause(const Surroundings& surroundings) {
  using Clock = std::chrono::steady_clock;
  struct Told {
    std::mutex mutex;
    Clock::time_point until;
  };
  return [&surroundings, told = std::make_shared<Told>()](std::chrono::milliseconds time) {
    constexpr std::chrono::seconds kLong{1};
    {
      const std::lock_guard guard(told->mutex);
      const auto now = Clock::now();
      if (time >= kLong && now >= told->until) {
        surroundings.note(
            fmt::format("the registry cannot be reached or is busy, trying again in "
                        "{:.0f} s",
                        std::chrono::duration<double>(time).count()));
        told->until = now + time;
      }
    }
    std::this_thread::sleep_for(time);
  };
}

/// `host[:port]`, as references have it.
std::vector<std::string> checked_hosts(const std::vector<std::string>& hosts) {
  std::vector<std::string> out;
  for (const std::string& host : hosts) {
    if (host.find('/') != std::string::npos) {
      throw Error(ErrorKind::kUsage,
                  fmt::format("expected a host after `--insecure`, got `{}`", host))
          .hint("write for example `--insecure registry.example:5000`");
    }
    out.push_back(registry::RegistryReference::parse(host + "/x").host());
  }
  return out;
}

}  // namespace

void RegistryOptions::add_to(CLI::App& command) {
  command.add_option("--insecure", insecure,
                     "A registry (HOST[:PORT]) to be reached over plain HTTP; may be repeated");
  command.add_flag("--tls", tls, "Reach registries on this machine over TLS too");
  command.add_option("--client-certificate", client_certificate, "PEM file to show to registries");
  command.add_option("--client-key", client_key, "PEM file with its key");
  command.add_option("--parallel", parallel, "Transfers at once")
      ->check(CLI::Range(1, 64))
      ->capture_default_str();
}

HttpOptions http_options(const RegistryOptions& options, const Surroundings& surroundings) {
  HttpOptions http;
  http.ca_bundle = surroundings.find_variable("SSL_CERT_FILE");
  http.ca_directory = surroundings.find_variable("SSL_CERT_DIR");
  if (!options.client_certificate.empty()) http.client_certificate = options.client_certificate;
  if (!options.client_key.empty()) http.client_key = options.client_key;
  return http;
}

RegistrySetup::RegistrySetup(const RegistryOptions& options, Surroundings& surroundings)
    : surroundings_(surroundings),
      runner_(make_posix_command_runner()),
      credentials_(surroundings, *runner_, http_options(options, surroundings)) {
  registry::RemoteOptions remote;
  remote.retry.pause = told_pause(surroundings);
  remote.insecure_hosts = checked_hosts(options.insecure);
  remote.loopback_over_tls = options.tls;
  remote.parallel = options.parallel;
  remote.ask_from_bytes = kWorthAsking;
  const registry::Authenticator::Options authentication{
      remote.retry, [] { return std::chrono::steady_clock::now(); }, remote.insecure_hosts};
  registries_ = std::make_unique<registry::Registries>(
      make_curl_client(http_options(options, surroundings)),
      [this](const std::string& host, const std::string& repository) {
        return credentials_.find(host, repository).credential;
      },
      authentication, remote);
}

RegistrySetup::~RegistrySetup() = default;

void RegistrySetup::keep_documents_in(cache::Cache& cache) {
  documents_ = std::make_unique<CachedDocuments>(cache);
  registries_->keep_documents(documents_.get());
}

template <class Open>
auto RegistrySetup::open(const std::string& name, Open open) {
  const auto reference = registry::ImageReference::parse(name);
  const bool remote = reference.find<registry::RegistryReference>() != nullptr;
  const auto hint = remote ? registry::find_layout_hint(surroundings_.files(), name) : std::nullopt;
  try {
    return open(reference);
  } catch (Error& error) {
    if (!hint) throw;
    throw std::move(error).hint(*hint);
  }
}

std::unique_ptr<registry::ImageSource> RegistrySetup::open_source(
    const std::string& name, const std::optional<registry::Platform>& platform) {
  return open(name, [&](const registry::ImageReference& reference) {
    return registry::open_source(surroundings_.files(), reference, {platform, registries_.get()});
  });
}

std::unique_ptr<registry::IndexSource> RegistrySetup::open_index(const std::string& name) {
  return open(name, [&](const registry::ImageReference& reference) {
    return registry::open_index(surroundings_.files(), reference, registries_.get());
  });
}

std::unique_ptr<registry::ImageTarget> RegistrySetup::open_target(
    const registry::ImageReference& reference) {
  return registry::open_target(surroundings_.files(), reference, registries_.get());
}

registry::Platform parse_platform(const std::string& text) {
  if (text == "linux-64") return registry::Platform::parse("linux/amd64");
  if (text == "linux-aarch64") return registry::Platform::parse("linux/arm64");
  if (text.find('/') != std::string::npos) return registry::Platform::parse(text);
  throw Error(ErrorKind::kUsage, fmt::format("unknown platform `{}`", text))
      .hint("write `linux-64` or `linux-aarch64`");
}

}  // namespace kasane::cli
