#include "registry/registry_reference.h"

#include <arpa/inet.h>

#include <algorithm>

#include <fmt/format.h>

#include "base/error.h"
#include "base/text.h"

namespace kasane::registry {
namespace {

constexpr std::size_t kNameLimit = 255;
constexpr std::size_t kTagLimit = 128;

bool is_lower(char c) { return c >= 'a' && c <= 'z'; }
bool is_upper(char c) { return c >= 'A' && c <= 'Z'; }
bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_letter_or_digit(char c) { return is_lower(c) || is_upper(c) || is_digit(c); }

Error wrong(std::string message) { return Error(ErrorKind::kUsage, std::move(message)); }

bool is_port(std::string_view text) {
  if (text.empty() || text.size() > 5 || !std::all_of(text.begin(), text.end(), is_digit)) {
    return false;
  }
  const int number = std::stoi(std::string(text));
  return number > 0 && number < 65536;
}

bool is_domain_label(std::string_view text) {
  return !text.empty() && text.size() < 64 && is_letter_or_digit(text.front()) &&
         is_letter_or_digit(text.back()) && std::all_of(text.begin(), text.end(), [](char c) {
           return is_letter_or_digit(c) || c == '-';
         });
}

bool is_domain(std::string_view text) {
  for (;;) {
    const std::size_t dot = text.find('.');
    if (!is_domain_label(text.substr(0, dot))) return false;
    if (dot == std::string_view::npos) return true;
    text.remove_prefix(dot + 1);
  }
}

bool is_ipv6(std::string_view text) {
  in6_addr address;
  return ::inet_pton(AF_INET6, std::string(text).c_str(), &address) == 1;
}

bool is_host(std::string_view text) {
  if (text.starts_with('[')) {
    const std::size_t end = text.find(']');
    if (end == std::string_view::npos || !is_ipv6(text.substr(1, end - 1))) return false;
    const std::string_view port = text.substr(end + 1);
    return port.empty() || (port.front() == ':' && is_port(port.substr(1)));
  }
  const std::size_t colon = text.find(':');
  if (colon != std::string_view::npos && !is_port(text.substr(colon + 1))) return false;
  return is_domain(text.substr(0, colon));
}

/// distribution-spec "Pulling manifests": `[a-z0-9]+((\.|_|__|-+)[a-z0-9]+)*`.
bool is_path_component(std::string_view text) {
  std::size_t at = 0;
  for (;;) {
    const std::size_t word = at;
    while (at < text.size() && (is_lower(text[at]) || is_digit(text[at]))) ++at;
    if (at == word) return false;
    if (at == text.size()) return true;
    const std::size_t separator = at;
    while (at < text.size() && text[at] == '-') ++at;
    if (at != separator) continue;
    if (text.substr(at).starts_with("__"))
      at += 2;
    else if (text[at] == '.' || text[at] == '_')
      at += 1;
    else
      return false;
  }
}

bool is_repository(std::string_view text) {
  for (;;) {
    const std::size_t slash = text.find('/');
    if (!is_path_component(text.substr(0, slash))) return false;
    if (slash == std::string_view::npos) return true;
    text.remove_prefix(slash + 1);
  }
}

bool is_tag(std::string_view text) {
  const auto word = [](char c) { return is_letter_or_digit(c) || c == '_'; };
  return !text.empty() && text.size() <= kTagLimit && word(text.front()) &&
         std::all_of(text.begin(), text.end(),
                     [&](char c) { return word(c) || c == '.' || c == '-'; });
}

/// Whether the part before the first slash is a host, and not the begin of a short name.
bool looks_like_host(std::string_view text) {
  return text == "localhost" || text.find_first_of(".:") != std::string_view::npos ||
         std::any_of(text.begin(), text.end(), is_upper);
}

std::string check_tag(std::string_view tag) {
  if (is_tag(tag)) return std::string(tag);
  throw wrong(
      fmt::format("expected a tag of letters, digits, `_`, `.` and `-`, at most {} of them, "
                  "got `{}`",
                  kTagLimit, tag.substr(0, 200)));
}

Digest parse_digest(std::string_view text) {
  try {
    return Digest::parse(text);
  } catch (const Error& error) {
    throw wrong(error.message());
  }
}

Error wrong_repository(std::string_view repository) {
  auto error =
      wrong(fmt::format("expected a repository name of lower-case letters, digits and `.`, "
                        "`_`, `-` between them, got `{}`",
                        repository.substr(0, 300)));
  const std::string lowered = lower(repository);
  if (lowered != repository && is_repository(lowered)) {
    return std::move(error).hint(fmt::format("write `{}`", lowered));
  }
  return error;
}

}  // namespace

RegistryReference RegistryReference::parse(std::string_view text) {
  const std::string_view whole = text;
  return in_context(
      [&] { return fmt::format("in the image reference `{}`", whole.substr(0, 300)); },
      [&] {
        RegistryReference out;
        if (const std::size_t scheme = text.find("://"); scheme != std::string_view::npos) {
          throw wrong("expected a registry reference, got a URL")
              .hint(fmt::format("write `{}`", text.substr(scheme + 3)));
        }
        if (const std::size_t at = text.find('@'); at != std::string_view::npos) {
          out.digest_ = parse_digest(text.substr(at + 1));
          text = text.substr(0, at);
        }
        const std::size_t slash = text.find('/');
        out.host_ = "docker.io";
        if (slash != std::string_view::npos && looks_like_host(text.substr(0, slash))) {
          out.host_ = lower(text.substr(0, slash));
          text.remove_prefix(slash + 1);
          if (!is_host(out.host_)) {
            throw wrong(fmt::format("expected a registry host, got `{}`", out.host_));
          }
        }
        if (out.host_ == "index.docker.io") out.host_ = "docker.io";
        if (const std::size_t colon = text.find(':'); colon != std::string_view::npos) {
          out.tag_ = check_tag(text.substr(colon + 1));
          text = text.substr(0, colon);
        }
        if (!is_repository(text)) throw wrong_repository(text);
        out.repository_ = text;
        if (out.host_ == "docker.io" && text.find('/') == std::string_view::npos) {
          out.repository_ = "library/" + out.repository_;
        }
        if (out.host_.size() + 1 + out.repository_.size() > kNameLimit) {
          throw wrong(fmt::format("the name is longer than {} characters", kNameLimit));
        }
        return out;
      });
}

bool RegistryReference::is_loopback() const {
  if (host_.starts_with('[')) return host_.substr(0, host_.find(']') + 1) == "[::1]";
  const std::string name = host_.substr(0, host_.find(':'));
  if (name == "localhost") return true;
  in_addr address;
  return ::inet_pton(AF_INET, name.c_str(), &address) == 1 && name.starts_with("127.");
}

RegistryReference RegistryReference::with_tag(std::string_view tag) const {
  RegistryReference out = *this;
  out.tag_ = check_tag(tag);
  out.digest_.reset();
  return out;
}

RegistryReference RegistryReference::with_digest(const Digest& digest) const {
  RegistryReference out = *this;
  out.digest_ = digest;
  return out;
}

std::string RegistryReference::render() const {
  std::string out = host_ + "/" + repository_;
  if (tag_) out += ":" + *tag_;
  if (digest_) out += "@" + digest_->render();
  return out;
}

}  // namespace kasane::registry
