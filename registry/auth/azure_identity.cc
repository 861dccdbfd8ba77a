#include "registry/auth/azure_identity.h"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <charconv>

#include <fmt/format.h>

#include "base/bounded_sink.h"
#include "base/error.h"
#include "registry/auth/form.h"
#include "registry/json.h"

namespace kasane::registry {
namespace {

/// Whom the tokens are for: all registries of Azure.
constexpr const char* kAudience = "https://containerregistry.azure.net";
constexpr std::chrono::seconds kShortestLife{60};
constexpr std::chrono::seconds kMargin{120};
constexpr std::size_t kFileLimit = std::size_t{1} << 20;

std::string with_query(const std::string& url, const FormFields& fields) {
  return url + (url.find('?') == std::string::npos ? "?" : "&") + render_form(fields);
}

HttpRequest get(std::string url) {
  HttpRequest request;
  request.url = std::move(url);
  request.total_timeout = kTokenAnswerTimeout;
  request.follow_redirects = false;
  return request;
}

/// `expires_in` as a number or, as IMDS has it, as text.
std::chrono::seconds read_life(const Json& answer) {
  const auto field = answer.find("expires_in");
  if (field == answer.end()) return kShortestLife;
  std::uint64_t seconds = 0;
  if (field->is_number_unsigned()) {
    seconds = field->get<std::uint64_t>();
  } else if (field->is_string()) {
    const auto text = field->get<std::string>();
    std::from_chars(text.data(), text.data() + text.size(), seconds);
  }
  constexpr std::uint64_t kLongest = 86'400;
  return std::chrono::seconds(std::min(seconds, kLongest));
}

/// The short code of an OAuth error: `invalid_client`. Never a text, which may repeat secrets.
std::string error_code(const std::string& text) {
  try {
    std::string code = optional_string(parse_object(text, "the answer"), "error", "the answer");
    const bool plain = !code.empty() && code.size() <= 64 &&
                       std::all_of(code.begin(), code.end(),
                                   [](char c) { return (c >= 'a' && c <= 'z') || c == '_'; });
    return plain ? ": `" + code + "`" : "";
  } catch (const Error&) {
    return "";
  }
}

}  // namespace

bool is_azure_registry(std::string_view host) {
  for (const std::string_view cloud : {".azurecr.io", ".azurecr.cn", ".azurecr.us"}) {
    if (host.ends_with(cloud)) return true;
  }
  return false;
}

AzureSettings AzureSettings::from(const FindVariable& find) {
  AzureSettings out;
  const auto secret = [&](const char* name) -> std::optional<Secret> {
    auto text = find(name);
    return text ? std::optional(Secret(*std::move(text))) : std::nullopt;
  };
  const auto path = [&](const char* name) -> std::optional<Path> {
    const auto text = find(name);
    return text ? std::optional(Path(*text)) : std::nullopt;
  };
  out.tenant = find("AZURE_TENANT_ID");
  out.client = find("AZURE_CLIENT_ID");
  out.client_secret = secret("AZURE_CLIENT_SECRET");
  out.certificate = path("AZURE_CLIENT_CERTIFICATE_PATH");
  out.federated_token = path("AZURE_FEDERATED_TOKEN_FILE");
  if (auto authority = find("AZURE_AUTHORITY_HOST")) out.authority = *std::move(authority);
  if (!out.authority.starts_with("http")) out.authority = "https://" + out.authority;
  if (!out.authority.ends_with('/')) out.authority += '/';
  out.identity_endpoint = find("IDENTITY_ENDPOINT");
  out.identity_header = secret("IDENTITY_HEADER");
  out.msi_endpoint = find("MSI_ENDPOINT");
  out.msi_secret = secret("MSI_SECRET");
  if (auto host = find("AZURE_POD_IDENTITY_AUTHORITY_HOST")) out.metadata_host = *std::move(host);
  while (out.metadata_host.ends_with('/')) out.metadata_host.pop_back();
  return out;
}

AzureIdentity::AzureIdentity(AzureSettings settings, Tools tools)
    : settings_(std::move(settings)), tools_(std::move(tools)), source_(choose()) {}

AzureIdentity::Source AzureIdentity::choose() const {
  const bool principal = settings_.tenant && settings_.client;
  if (principal && settings_.client_secret) return Source::kClientSecret;
  if (principal && settings_.certificate) return Source::kClientCertificate;
  if (principal && settings_.federated_token) return Source::kWorkloadIdentity;
  if (settings_.identity_endpoint && settings_.identity_header) return Source::kAppService;
  if (settings_.msi_endpoint && settings_.msi_secret) return Source::kAppService2017;
  if (find_az()) return Source::kCommandLine;
  return Source::kVirtualMachine;
}

AzureIdentity::Source AzureIdentity::source() const {
  const std::lock_guard guard(mutex_);
  return source_;
}

std::string AzureIdentity::describe() const { return describe(source()); }

std::string AzureIdentity::describe(Source source) {
  switch (source) {
    case Source::kClientSecret:
      return "a service principal with a secret (`AZURE_TENANT_ID`, `AZURE_CLIENT_ID` and "
             "`AZURE_CLIENT_SECRET` are set)";
    case Source::kClientCertificate:
      return "a service principal with a certificate (`AZURE_CLIENT_CERTIFICATE_PATH` is set)";
    case Source::kWorkloadIdentity:
      return "workload identity (`AZURE_FEDERATED_TOKEN_FILE` is set)";
    case Source::kAppService:
      return "a managed identity (`IDENTITY_ENDPOINT` and `IDENTITY_HEADER` are set)";
    case Source::kAppService2017:
      return "a managed identity (`MSI_ENDPOINT` and `MSI_SECRET` are set)";
    case Source::kCommandLine:
      return "the Azure CLI (`az` is installed)";
    case Source::kVirtualMachine:
      return "the managed identity of a virtual machine (nobody else is logged in)";
  }
  return "";
}

std::optional<std::string> AzureIdentity::find_az() const {
  for (const std::string& directory : tools_.directories) {
    std::string path = directory + "/az";
    if (::access(path.c_str(), X_OK) == 0) return path;
  }
  return std::nullopt;
}

std::optional<AzureToken> AzureIdentity::find_token() {
  const std::lock_guard guard(mutex_);
  if (!token_ || tools_.now() + kMargin >= token_->end) {
    if (none_) return std::nullopt;
    token_ = in_context(
        [&] { return "while asking for a token of Microsoft Entra, from " + describe(source_); },
        [&] { return fetch(); });
    none_ = !token_.has_value();
  }
  if (!token_) return std::nullopt;
  return AzureToken{token_->value, settings_.tenant};
}

std::optional<AzureIdentity::Token> AzureIdentity::fetch() {
  constexpr const char* kAssertion = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";
  switch (source_) {
    case Source::kClientSecret:
      return ask_authority({{"client_secret", settings_.client_secret->reveal()}});
    case Source::kClientCertificate: {
      const std::string what = "`" + settings_.certificate->native() + "`";
      const std::string pem = tools_.files.read_text(*settings_.certificate, kFileLimit);
      const Secret proof =
          sign_client_assertion(pem, *settings_.client, token_url(), tools_.wall_clock(), what);
      return ask_authority(
          {{"client_assertion_type", kAssertion}, {"client_assertion", proof.reveal()}});
    }
    case Source::kWorkloadIdentity: {
      // It is replaced from time to time, so that it is read each time.
      std::string token = tools_.files.read_text(*settings_.federated_token, kFileLimit);
      while (!token.empty() && token.back() <= ' ') token.pop_back();
      return ask_authority({{"client_assertion_type", kAssertion}, {"client_assertion", token}});
    }
    case Source::kAppService:
      return ask_endpoint();
    case Source::kAppService2017:
      return ask_old_endpoint();
    case Source::kCommandLine:
      if (auto token = ask_az()) return token;
      // Compute instances have `az` without anybody being logged in.
      source_ = Source::kVirtualMachine;
      return ask_machine();
    case Source::kVirtualMachine:
      return ask_machine();
  }
  return std::nullopt;
}

std::string AzureIdentity::token_url() const {
  return settings_.authority + *settings_.tenant + "/oauth2/v2.0/token";
}

std::optional<AzureIdentity::Token> AzureIdentity::ask_authority(FormFields proof) const {
  FormFields fields{{"grant_type", "client_credentials"},
                    {"client_id", *settings_.client},
                    {"scope", std::string(kAudience) + "/.default"}};
  fields.insert(fields.end(), proof.begin(), proof.end());
  HttpRequest request = form_request(token_url(), fields);
  const Url url = Url::parse(request.url);
  if (url.scheme() != "https" && url.host() != "127.0.0.1" && url.host() != "localhost") {
    throw Error(ErrorKind::kRefused,
                fmt::format("secrets are not sent to `{}`, expected `https`", url.redacted()));
  }
  return require_token(send(tools_.http, std::move(request)), "`AZURE_AUTHORITY_HOST`");
}

std::optional<AzureIdentity::Token> AzureIdentity::ask_endpoint() const {
  FormFields fields{{"api-version", "2019-08-01"}, {"resource", kAudience}};
  if (settings_.client) fields.emplace_back("client_id", *settings_.client);
  HttpRequest request = get(with_query(*settings_.identity_endpoint, fields));
  request.headers.add("X-IDENTITY-HEADER", settings_.identity_header->reveal());
  return require_token(send(tools_.direct, std::move(request)), "`IDENTITY_ENDPOINT`");
}

std::optional<AzureIdentity::Token> AzureIdentity::ask_old_endpoint() const {
  FormFields fields{{"api-version", "2017-09-01"}, {"resource", kAudience}};
  if (settings_.client) fields.emplace_back("clientid", *settings_.client);
  HttpRequest request = get(with_query(*settings_.msi_endpoint, fields));
  request.headers.add("secret", settings_.msi_secret->reveal());
  return require_token(send(tools_.direct, std::move(request)), "`MSI_ENDPOINT`");
}

/// On a machine that is none of Azure's nobody answers: that is no error.
std::optional<AzureIdentity::Token> AzureIdentity::ask_machine() const {
  FormFields fields{{"api-version", "2018-02-01"}, {"resource", kAudience}};
  if (settings_.client) fields.emplace_back("client_id", *settings_.client);
  HttpRequest request =
      get(with_query(settings_.metadata_host + "/metadata/identity/oauth2/token", fields));
  request.headers.add("Metadata", "true");
  request.connect_timeout = std::chrono::milliseconds(500);
  request.stall_timeout = std::chrono::seconds(5);
  try {
    const auto answer = send(tools_.direct, std::move(request));
    if (answer.first != 200) return std::nullopt;
    return read_token(answer.second, "the metadata service");
  } catch (const Error& error) {
    if (error.kind() != ErrorKind::kNetwork) throw;
    return std::nullopt;
  }
}

std::optional<AzureIdentity::Token> AzureIdentity::ask_az() const {
  const auto child =
      tools_.runner.start({.arguments = {*find_az(), "account", "get-access-token", "--resource",
                                         kAudience, "--output", "json"},
                           .environment = tools_.environment});
  child->close_input();
  std::string output;
  std::array<char, 4096> buffer;
  while (const std::size_t n = child->read(buffer.data(), buffer.size())) {
    output.append(buffer.data(), n);
    if (output.size() > kFileLimit) throw Error(ErrorKind::kFailed, "`az` answers without end");
  }
  // Nobody is logged in: what is public can still be read.
  if (child->wait() != 0) return std::nullopt;
  const Json answer = parse_object(output, "the answer of `az`");
  const std::string token = optional_string(answer, "accessToken", "the answer of `az`");
  if (token.empty()) throw Error(ErrorKind::kFailed, "`az` gave no token");
  // `az` keeps tokens itself, and gives one that lives for another five minutes at least.
  return Token{Secret(token), tools_.now() + std::chrono::minutes(5)};
}

/// Asking for a token changes nothing, so that it may be repeated. Nobody there is a matter of its
/// own for each source.
std::pair<int, std::string> AzureIdentity::send(HttpClient& http,
                                                const HttpRequest& request) const {
  Retry retry(tools_.retry);
  for (;;) {
    BoundedSink body(kTokenAnswerLimit, "the token server's answer");
    const HttpResponse response = http.send(request, body);
    const bool passes = is_transient(response.status);
    if (!passes || !retry.wait(read_retry_after(response.headers))) {
      return {response.status, body.take()};
    }
  }
}

AzureIdentity::Token AzureIdentity::require_token(const std::pair<int, std::string>& answer,
                                                  std::string_view what) const {
  if (answer.first == 200) return read_token(answer.second, what);
  throw Error(ErrorKind::kRefused, fmt::format("{} answered {}{}, expected a token", what,
                                               answer.first, error_code(answer.second)))
      .hint("`kasane doctor` tells which identity is taken, and why");
}

AzureIdentity::Token AzureIdentity::read_token(const std::string& text,
                                               std::string_view what) const {
  std::string token;
  std::chrono::seconds life = kShortestLife;
  try {
    const Json answer = parse_object(text, "the answer");
    token = optional_string(answer, "access_token", "the answer");
    life = read_life(answer);
  } catch (const Error&) {
    token.clear();
  }
  const bool good = !token.empty() && std::all_of(token.begin(), token.end(),
                                                  [](char c) { return c > ' ' && c < 127; });
  if (!good) {
    throw Error(ErrorKind::kNetwork, fmt::format("{} sent no token that can be used", what));
  }
  return {Secret(token), tools_.now() + std::max(life, kShortestLife)};
}

}  // namespace kasane::registry
