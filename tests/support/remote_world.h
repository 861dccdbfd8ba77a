#pragma once

#include <chrono>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "base/error.h"
#include "base/http.h"
#include "registry/auth/authenticator.h"
#include "registry/remote/client.h"
#include "registry/remote/registries.h"
#include "registry/remote/remote_target.h"

namespace kasane::testing {

/// All that a client of a registry needs, without a clock of its own: pauses are noted and cost no
/// time.
struct RemoteWorld {
  explicit RemoteWorld(registry::Credential credential = registry::Anonymous{})
      : authenticator(*http,
                      [credential](const std::string&, const std::string&) { return credential; },
                      {.retry = retry(), .now = [this] { return now; }}) {}

  RetryOptions retry() {
    return {.attempts = 4,
            .pause =
                [this](std::chrono::milliseconds time) {
                  const std::lock_guard guard(mutex);
                  pauses.push_back(time);
                },
            .random = [] { return 1.0; }};
  }
  std::unique_ptr<registry::Client> client(
      const std::string& name, std::size_t chunk_bytes = std::size_t{8} << 20,
      registry::Client::Purpose purpose = registry::Client::Purpose::kWrite) {
    return std::make_unique<registry::Client>(
        *http, authenticator, registry::RegistryReference::parse(name),
        registry::RemoteOptions{.retry = retry(),
                                .answer_timeout = answer_timeout,
                                .chunk_bytes = chunk_bytes,
                                .ask_from_bytes = 0},
        purpose);
  }
  registry::RemoteTarget target(const std::string& name, std::size_t chunk_bytes = 1000) {
    return registry::RemoteTarget(client(name, chunk_bytes));
  }

  /// Those of a process, with what a process asks for.
  std::unique_ptr<registry::Registries> registries(
      registry::Credential credential = registry::Anonymous{}) {
    return std::make_unique<registry::Registries>(
        make_curl_client({.proxies_from_environment = false}),
        [credential](const std::string&, const std::string&) { return credential; },
        registry::Authenticator::Options{.retry = retry(), .now = [this] { return now; }},
        registry::RemoteOptions{.retry = retry()});
  }

  std::chrono::milliseconds answer_timeout{60'000};
  std::mutex mutex;
  std::vector<std::chrono::milliseconds> pauses;
  std::chrono::steady_clock::time_point now{};
  std::unique_ptr<HttpClient> http = make_curl_client({.proxies_from_environment = false});
  registry::Authenticator authenticator;
};

/// That many bytes, no two parts of which are alike.
inline std::string bytes_of(std::size_t size) {
  std::string out;
  for (std::size_t i = 0; out.size() < size; ++i) out += std::to_string(i * 7919);
  out.resize(size);
  return out;
}

/// What the body throws.
template <class Body>
Error error_of(Body&& body) {
  try {
    body();
  } catch (const Error& error) {
    return error;
  }
  return {ErrorKind::kFailed, "nothing was thrown"};
}

}  // namespace kasane::testing
