#include "registry/auth/form.h"

#include <fmt/format.h>

namespace kasane::registry {
namespace {

std::string encode(std::string_view text) {
  std::string out;
  for (const char c : text) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                       std::string_view("-._~").find(c) != std::string_view::npos;
    out += plain ? std::string(1, c) : fmt::format("%{:02X}", static_cast<unsigned char>(c));
  }
  return out;
}

}  // namespace

std::string render_form(const FormFields& fields) {
  std::string out;
  for (const auto& [name, value] : fields) {
    out += fmt::format("{}{}={}", out.empty() ? "" : "&", name, encode(value));
  }
  return out;
}

HttpRequest form_request(const std::string& url, const FormFields& fields) {
  HttpRequest request;
  request.method = "POST";
  request.url = url;
  request.total_timeout = kTokenAnswerTimeout;
  request.headers.add("Content-Type", "application/x-www-form-urlencoded");
  const std::string form = render_form(fields);
  request.body_size = form.size();
  request.body = [form] {
    // The source borrows: it must not outlive the form, which this function holds.
    return std::make_unique<StringSource>(form);
  };
  return request;
}

}  // namespace kasane::registry
