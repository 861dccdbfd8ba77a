#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/process.h"
#include "registry/auth/credential.h"

namespace kasane::registry {

/// The credentials in Docker's `config.json` or Podman's `auth.json`. A value.
class DockerConfig {
 public:
  /// `what` names the file in errors of kind kUsage, which never show its content.
  static DockerConfig parse(std::string_view text, std::string_view what);

  /// The helper program that is to be asked about the host: `ecr-login` for
  /// `docker-credential-ecr-login`.
  std::optional<std::string> find_helper(std::string_view host) const;
  /// What the file itself says; the entry that names most of `host/repository` wins.
  Credential find_credential(std::string_view host, std::string_view repository) const;

 private:
  std::map<std::string, Credential> entries_;
  std::map<std::string, std::string> helpers_;
  std::string store_;
};

/// How helper programs are started.
struct CredentialHelpers {
  CommandRunner* runner = nullptr;
  /// Where they are looked for, in order.
  std::vector<std::string> directories;
  /// Their whole environment.
  std::vector<std::pair<std::string, std::string>> environment;
};

/// What the helper knows of the host; Anonymous when it knows nothing. An Error of kind kFailed
/// when it cannot be run or says what is no answer; nothing that it wrote is shown.
Credential ask_helper(const CredentialHelpers& helpers, const std::string& name,
                      std::string_view host);

/// Helper first, the file's own entries then. The runner is borrowed for as long as it lives.
CredentialSource credentials_of(DockerConfig config, CredentialHelpers helpers);

}  // namespace kasane::registry
