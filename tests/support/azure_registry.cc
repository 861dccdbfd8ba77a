#include "tests/support/azure_registry.h"

#include "base/digest.h"

namespace kasane::testing {
namespace {

bool is_write(const HttpCall& call) { return call.method != "GET" && call.method != "HEAD"; }

HttpReply refusal(int status, const std::string& code) {
  return HttpReply::of(status,
                       R"({"errors":[{"code":")" + code + R"(","message":")" + code + R"("}]})")
      .with("X-Ms-Correlation-Request-Id", "00000000-0000-0000-0000-000000000000");
}

}  // namespace

AzureRegistry::AzureRegistry(Options options, Now now)
    : options_(options), now_(std::move(now)), registry_(options.registry) {
  registry_.intercept(
      [this](const HttpCall& call, const auto& serve) { return pass(call, serve); });
}

std::size_t AzureRegistry::refused_writes() const {
  const std::lock_guard guard(mutex_);
  return refused_writes_;
}

bool AzureRegistry::is_over_limit(const HttpCall& call) {
  if (!is_write(call)) return false;
  const auto now = now_();
  while (!writes_.empty() && now - writes_.front() >= std::chrono::minutes(1)) writes_.pop_front();
  if (writes_.size() >= options_.writes_a_minute) {
    ++refused_writes_;
    return true;
  }
  writes_.push_back(now);
  return false;
}

HttpReply AzureRegistry::pass(const HttpCall& call, const std::function<HttpReply()>& serve) {
  const std::string place = call.path();
  const bool manifest = place.find("/manifests/") != std::string::npos;
  {
    const std::lock_guard guard(mutex_);
    if (is_over_limit(call)) return refusal(429, "TOOMANYREQUESTS").with("Retry-After", "10");
    if (options_.soft_delete && manifest && call.method == "PUT") {
      const std::string folder = place.substr(0, place.rfind('/') + 1);
      if (deleted_.contains(folder + Digest::of(call.body).render())) {
        return refusal(409, "MANIFEST_SOFT_DELETED");
      }
    }
  }
  HttpReply reply = serve();
  if (options_.soft_delete && manifest && call.method == "DELETE" && reply.status == 202) {
    const std::lock_guard guard(mutex_);
    deleted_.insert(place);
  }
  return reply;
}

}  // namespace kasane::testing
