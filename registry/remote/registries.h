#pragma once

#include <atomic>
#include <cstdint>
#include <memory>

#include "base/http.h"
#include "registry/auth/authenticator.h"
#include "registry/remote/client.h"
#include "registry/remote/document_store.h"

namespace kasane::registry {

/// What all clients of a process share: connections, tokens, options, and a count of requests.
/// Thread-safe. Outlives the clients that it makes; borrows the store, which may be absent.
class Registries {
 public:
  Registries(std::unique_ptr<HttpClient> http, CredentialSource credentials,
             Authenticator::Options authentication, RemoteOptions options);
  ~Registries();

  std::unique_ptr<Client> open(const RegistryReference& name, Client::Purpose purpose) const;
  /// Where documents of images are kept; nullptr for nowhere.
  void keep_documents(DocumentStore* store) { documents_ = store; }
  DocumentStore* documents() const { return documents_; }
  /// Those for tokens counted too.
  std::uint64_t requests() const { return requests_; }
  const RemoteOptions& options() const { return options_; }
  Authenticator& authenticator() const { return *authenticator_; }

 private:
  mutable std::atomic<std::uint64_t> requests_ = 0;
  std::unique_ptr<HttpClient> http_;
  std::unique_ptr<Authenticator> authenticator_;
  RemoteOptions options_;
  DocumentStore* documents_ = nullptr;
};

}  // namespace kasane::registry
