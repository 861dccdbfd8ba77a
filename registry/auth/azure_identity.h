#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/file_system.h"
#include "base/http.h"
#include "base/process.h"
#include "base/retry.h"
#include "registry/auth/credential.h"

namespace kasane::registry {

/// What the surroundings say about who we are at Microsoft Entra: the variables that Azure's own
/// libraries read.
struct AzureSettings {
  using FindVariable = std::function<std::optional<std::string>(const std::string&)>;
  static AzureSettings from(const FindVariable& find);

  std::optional<std::string> tenant;
  std::optional<std::string> client;
  std::optional<Secret> client_secret;
  /// PEM with certificate and key.
  std::optional<Path> certificate;
  /// Of a Kubernetes service account, exchanged by workload identity.
  std::optional<Path> federated_token;
  /// `https://login.microsoftonline.com/`, unless told otherwise.
  std::string authority = "https://login.microsoftonline.com/";
  /// Of App Service and its like: address and key, of its 2019 or its 2017 form.
  std::optional<std::string> identity_endpoint;
  std::optional<Secret> identity_header;
  std::optional<std::string> msi_endpoint;
  std::optional<Secret> msi_secret;
  /// Of virtual machines.
  std::string metadata_host = "http://169.254.169.254";
};

/// Tokens of Microsoft Entra for Azure Container Registry, from the first source that these
/// surroundings offer: a service principal with secret or certificate, workload identity, a managed
/// identity of App Service, the Azure CLI, a managed identity of a virtual machine. Tokens are kept
/// until shortly before they end. Thread-safe. Borrows client, runner and file system.
class AzureIdentity {
 public:
  /// In the order of preference. Where the Azure CLI is there but nobody is logged in, a virtual
  /// machine's is asked for too.
  enum class Source {
    kClientSecret,
    kClientCertificate,
    kWorkloadIdentity,
    kAppService,
    kAppService2017,
    kCommandLine,
    kVirtualMachine,
  };
  struct Tools {
    HttpClient& http;
    /// For what is near, which no proxy reaches.
    HttpClient& direct;
    FileSystem& files;
    CommandRunner& runner;
    /// Where `az` is looked for, and its environment.
    std::vector<std::string> directories;
    std::vector<std::pair<std::string, std::string>> environment;
    std::function<std::chrono::steady_clock::time_point()> now;
    std::function<std::chrono::system_clock::time_point()> wall_clock;
    RetryOptions retry = {};
  };

  AzureIdentity(AzureSettings settings, Tools tools);

  /// Which source is taken. A virtual machine's is what is left.
  Source source() const;
  /// In a few words, and by what it is recognised.
  std::string describe() const;
  /// A token, or nothing when no source has one: nobody is logged in, no machine of Azure. An Error
  /// of kind kRefused when the chosen source refuses.
  std::optional<AzureToken> find_token();

 private:
  struct Token {
    Secret value;
    std::chrono::steady_clock::time_point end;
  };

  Source choose() const;
  std::optional<std::string> find_az() const;
  std::optional<Token> fetch();
  std::optional<Token> ask_authority(std::vector<std::pair<std::string, std::string>> proof) const;
  std::optional<Token> ask_endpoint() const;
  std::optional<Token> ask_old_endpoint() const;
  std::optional<Token> ask_machine() const;
  std::optional<Token> ask_az() const;
  std::string token_url() const;
  /// The status and text of an answer.
  std::pair<int, std::string> send(HttpClient& http, const HttpRequest& request) const;
  Token require_token(const std::pair<int, std::string>& answer, std::string_view what) const;
  Token read_token(const std::string& text, std::string_view what) const;

  static std::string describe(Source source);

  AzureSettings settings_;
  Tools tools_;
  mutable std::mutex mutex_;
  Source source_;
  std::optional<Token> token_;
  bool none_ = false;
};

/// A host of Azure Container Registry: `myws.azurecr.io`, and those of other clouds.
bool is_azure_registry(std::string_view host);

/// A JSON Web Token by which a certificate proves who it is (RFC 7523), signed with RS256. `pem`
/// holds certificate and key; anything else is an Error of kind kUsage without its content.
Secret sign_client_assertion(std::string_view pem, const std::string& client,
                             const std::string& audience, std::chrono::system_clock::time_point now,
                             const std::string& what);

}  // namespace kasane::registry
