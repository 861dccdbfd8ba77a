#include "registry/auth/docker_config.h"

#include <unistd.h>

#include <algorithm>
#include <array>

#include <fmt/format.h>
#include <openssl/evp.h>

#include "base/error.h"
#include "registry/json.h"

namespace kasane::registry {
namespace {

constexpr std::string_view kDockerHub = "docker.io";
/// What Docker calls its own registry, in files and towards helpers.
constexpr const char* kDockerHubKey = "https://index.docker.io/v1/";
constexpr std::size_t kAnswerLimit = std::size_t{1} << 20;

/// `https://registry.example/v2/` is `registry.example`.
std::string normalize_key(std::string_view key) {
  for (const std::string_view scheme : {"https://", "http://"}) {
    if (key.starts_with(scheme)) key.remove_prefix(scheme.size());
  }
  const auto trim_slashes = [&] {
    while (key.ends_with('/')) key.remove_suffix(1);
  };
  trim_slashes();
  for (const std::string_view version : {"/v1", "/v2"}) {
    if (key.ends_with(version)) key.remove_suffix(version.size());
  }
  trim_slashes();
  for (const std::string_view name : {"index.docker.io", "registry-1.docker.io"}) {
    if (key == name || key.starts_with(std::string(name) + "/")) {
      return std::string(kDockerHub) + std::string(key.substr(name.size()));
    }
  }
  return std::string(key);
}

std::optional<std::string> decode_base64(std::string_view text) {
  if (text.size() % 4 != 0 || text.size() > kAnswerLimit) return std::nullopt;
  std::string out(text.size() / 4 * 3, '\0');
  const int size = EVP_DecodeBlock(reinterpret_cast<unsigned char*>(out.data()),
                                   reinterpret_cast<const unsigned char*>(text.data()),
                                   static_cast<int>(text.size()));
  if (size < 0) return std::nullopt;
  const std::size_t padding = text.ends_with("==") ? 2 : text.ends_with('=') ? 1 : 0;
  out.resize(static_cast<std::size_t>(size) - padding);
  return out;
}

Error wrong(std::string message) { return Error(ErrorKind::kUsage, std::move(message)); }

Credential read_entry(const Json& entry, const std::string& what) {
  if (!entry.is_object()) throw wrong(fmt::format("{} is no object", what));
  const std::string identity = optional_string(entry, "identitytoken", what);
  if (!identity.empty()) return IdentityToken{Secret(identity)};
  const std::string auth = optional_string(entry, "auth", what);
  if (auth.empty()) {
    const std::string user = optional_string(entry, "username", what);
    if (user.empty()) return Anonymous{};
    return Password{user, Secret(optional_string(entry, "password", what))};
  }
  const auto plain = decode_base64(auth);
  const std::size_t colon = plain ? plain->find(':') : std::string::npos;
  if (colon == std::string::npos) {
    throw wrong(fmt::format("{} has an `auth` that is not `user:password` in base64", what));
  }
  std::string password = plain->substr(colon + 1);
  // Docker once padded with NUL bytes.
  password.resize(std::min(password.find('\0'), password.size()));
  return Password{plain->substr(0, colon), Secret(std::move(password))};
}

bool is_program_name(std::string_view name) {
  return !name.empty() && std::all_of(name.begin(), name.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '_' || c == '.';
  });
}

std::string check_program_name(std::string name, std::string_view what) {
  if (is_program_name(name)) return name;
  throw wrong(
      fmt::format("{} names a credential helper `{}`, expected letters, digits, `-`, `_` "
                  "and `.`",
                  what, name.substr(0, 100)));
}

std::string find_program(const CredentialHelpers& helpers, const std::string& program) {
  for (const std::string& directory : helpers.directories) {
    std::string path = directory + "/" + program;
    if (::access(path.c_str(), X_OK) == 0) return path;
  }
  throw Error(ErrorKind::kFailed, fmt::format("cannot find the credential helper `{}`", program))
      .hint("install it where `PATH` leads, or log in again without it");
}

/// Helpers say so in plain text on their standard output.
bool says_not_found(std::string_view output) {
  return output.find("credentials not found") != std::string_view::npos;
}

Credential read_answer(std::string_view output, const std::string& program) {
  const std::string what = fmt::format("the answer of `{}`", program);
  const Json answer = parse_object(output, what);
  const std::string user = optional_string(answer, "Username", what);
  const std::string secret = optional_string(answer, "Secret", what);
  if (secret.empty()) return Anonymous{};
  if (user == "<token>") return IdentityToken{Secret(secret)};
  return Password{user, Secret(secret)};
}

}  // namespace

DockerConfig DockerConfig::parse(std::string_view text, std::string_view what) {
  DockerConfig out;
  try {
    const Json document = parse_object(text, what);
    const auto entries = document.find("auths");
    if (entries != document.end() && entries->is_object()) {
      for (const auto& item : entries->items()) {
        const std::string name = fmt::format("the entry `{}` of {}", item.key(), what);
        out.entries_.insert_or_assign(normalize_key(item.key()), read_entry(item.value(), name));
      }
    }
    for (auto& [host, helper] : optional_string_map(document, "credHelpers", what)) {
      out.helpers_.insert_or_assign(normalize_key(host), check_program_name(helper, what));
    }
    const std::string store = optional_string(document, "credsStore", what);
    if (!store.empty()) out.store_ = check_program_name(store, what);
  } catch (const Error& error) {
    throw wrong(error.message()).hint("repair the file, or log in again");
  }
  return out;
}

std::optional<std::string> DockerConfig::find_helper(std::string_view host) const {
  const auto own = helpers_.find(std::string(host));
  if (own != helpers_.end()) return own->second;
  if (!store_.empty()) return store_;
  return std::nullopt;
}

Credential DockerConfig::find_credential(std::string_view host, std::string_view repository) const {
  std::string key = std::string(host) + "/" + std::string(repository);
  for (;;) {
    const auto found = entries_.find(key);
    if (found != entries_.end()) return found->second;
    const std::size_t slash = key.rfind('/');
    if (slash == std::string::npos) return Anonymous{};
    key.resize(slash);
  }
}

Credential ask_helper(const CredentialHelpers& helpers, const std::string& name,
                      std::string_view host) {
  const std::string program = "docker-credential-" + name;
  std::string output;
  const auto child = helpers.runner->start(
      {.arguments = {find_program(helpers, program), "get"}, .environment = helpers.environment});
  try {
    child->write(host == kDockerHub ? std::string(kDockerHubKey) : std::string(host));
  } catch (const Error&) {
    // It has ended without reading: its answer and its code say why.
    output.clear();
  }
  child->close_input();
  std::array<char, 4096> buffer;
  while (const std::size_t n = child->read(buffer.data(), buffer.size())) {
    output.append(buffer.data(), n);
    if (output.size() > kAnswerLimit) {
      throw Error(ErrorKind::kFailed, fmt::format("`{}` answers without end", program));
    }
  }
  const int code = child->wait();
  if (code == 0) {
    try {
      return read_answer(output, program);
    } catch (const Error& error) {
      throw Error(ErrorKind::kFailed, error.message());
    }
  }
  if (says_not_found(output)) return Anonymous{};
  throw Error(ErrorKind::kFailed, fmt::format("`{}` ended with code {}", program, code))
      .hint(fmt::format("see what `{} get` says to `{}`", program, host));
}

CredentialSource credentials_of(DockerConfig config, CredentialHelpers helpers) {
  return [config = std::move(config), helpers = std::move(helpers)](const std::string& host,
                                                                    const std::string& repository) {
    const auto helper = config.find_helper(host);
    if (helper) {
      Credential found = ask_helper(helpers, *helper, host);
      if (!std::holds_alternative<Anonymous>(found)) return found;
    }
    return config.find_credential(host, repository);
  };
}

}  // namespace kasane::registry
