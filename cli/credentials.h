#pragma once

#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "base/http.h"
#include "base/process.h"
#include "cli/surroundings.h"
#include "registry/auth/azure_identity.h"
#include "registry/auth/credential.h"

namespace kasane::cli {

/// Credentials as people have them: `$REGISTRY_AUTH_FILE`, or Docker's `config.json` with its
/// helpers and Podman's `auth.json`; for registries of Azure, what Microsoft Entra gives. Files are
/// read when they are first needed. Thread-safe. Borrows surroundings and runner.
class Credentials {
 public:
  struct Found {
    registry::Credential credential;
    /// Where it is from, for people.
    std::string origin;
  };

  Credentials(Surroundings& surroundings, CommandRunner& runner, const HttpOptions& http);

  Found find(const std::string& host, const std::string& repository);
  /// The files that are looked into, in order, whether they are there or not.
  std::vector<Path> files() const;

 private:
  struct Source {
    registry::CredentialSource find;
    std::string origin;
  };
  void read_files();

  Surroundings& surroundings_;
  CommandRunner& runner_;
  std::unique_ptr<HttpClient> http_;
  std::unique_ptr<HttpClient> direct_;
  std::once_flag once_;
  std::vector<Source> sources_;
  registry::AzureIdentity azure_;
};

}  // namespace kasane::cli
