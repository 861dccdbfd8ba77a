#include "registry/remote/registries.h"

#include <utility>

namespace kasane::registry {
namespace {

class CountingClient final : public HttpClient {
 public:
  CountingClient(std::unique_ptr<HttpClient> http, std::atomic<std::uint64_t>& count)
      : http_(std::move(http)), count_(count) {}
  HttpResponse send(const HttpRequest& request, ByteSink& body,
                    const std::function<void(const HttpResponse&)>& on_headers) override {
    ++count_;
    return http_->send(request, body, on_headers);
  }

 private:
  std::unique_ptr<HttpClient> http_;
  std::atomic<std::uint64_t>& count_;
};

}  // namespace

Registries::Registries(std::unique_ptr<HttpClient> http, CredentialSource credentials,
                       Authenticator::Options authentication, RemoteOptions options)
    : http_(std::make_unique<CountingClient>(std::move(http), requests_)),
      authenticator_(std::make_unique<Authenticator>(*http_, std::move(credentials),
                                                     std::move(authentication))),
      options_(std::move(options)) {}

Registries::~Registries() = default;

std::unique_ptr<Client> Registries::open(const RegistryReference& name,
                                         Client::Purpose purpose) const {
  return std::make_unique<Client>(*http_, *authenticator_, name, options_, purpose);
}

}  // namespace kasane::registry
