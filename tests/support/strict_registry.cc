#include "tests/support/strict_registry.h"

#include <algorithm>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "tests/support/form_fields.h"

namespace kasane::testing {
namespace {

using Json = nlohmann::json;

std::string without_digests(std::string path) {
  for (std::size_t at = 0; (at = path.find("sha256:", at)) != std::string::npos; ++at) {
    path.replace(at, 7 + 64, "@");
  }
  const std::size_t uploads = path.find("/uploads/");
  if (uploads != std::string::npos) path.resize(uploads + 9);
  return path;
}

}  // namespace

StrictRegistry::StrictRegistry(Options options)
    : options_(options),
      tokens_(options.auth,
              options.tokens_tell_rights ? options.read_only : std::set<std::string>()),
      foreign_([this](const HttpCall& call) { return serve_foreign(call); }),
      server_([this](const HttpCall& call) { return handle(call); }) {}

HttpReply StrictRegistry::error(int status, const std::string& code) {
  // A registry that shows to whom it talks: no client may repeat that.
  return HttpReply::of(status, fmt::format(R"({{"errors":[{{"code":"{}","message":"{} {}"}}]}})",
                                           code, kPassword, code));
}

std::string StrictRegistry::host() const { return fmt::format("127.0.0.1:{}", server_.port()); }

void StrictRegistry::fail_at(std::size_t number, Fault fault) {
  const std::lock_guard guard(mutex_);
  faults_.insert_or_assign(number, std::move(fault));
}

void StrictRegistry::clear_faults() {
  const std::lock_guard guard(mutex_);
  faults_.clear();
}

void StrictRegistry::intercept(Fault fault) {
  const std::lock_guard guard(mutex_);
  interceptor_ = std::move(fault);
}

void StrictRegistry::lose_blob(const std::string& repository, const Digest& digest) {
  const std::lock_guard guard(mutex_);
  repositories_[repository].blobs.erase(digest.render());
  lost_.insert(digest.render());
}

void StrictRegistry::expire_tokens() {
  const std::lock_guard guard(mutex_);
  tokens_.expire();
}

std::size_t StrictRegistry::requests() const {
  const std::lock_guard guard(mutex_);
  return log_.size();
}

std::size_t StrictRegistry::token_requests() const {
  const std::lock_guard guard(mutex_);
  return tokens_.requests();
}

std::vector<std::string> StrictRegistry::log() const {
  const std::lock_guard guard(mutex_);
  return log_;
}

std::vector<std::string> StrictRegistry::violations() const {
  const std::lock_guard guard(mutex_);
  return violations_;
}

void StrictRegistry::put_blob(const std::string& repository, std::string bytes) {
  const std::lock_guard guard(mutex_);
  const std::string digest = Digest::of(bytes).render();
  repositories_[repository].blobs.insert_or_assign(digest, std::move(bytes));
}

void StrictRegistry::put_manifest(const std::string& repository, const std::string& name,
                                  std::string bytes, std::string media_type) {
  const std::lock_guard guard(mutex_);
  const std::string digest = Digest::of(bytes).render();
  repositories_[repository].manifests[digest] = {std::move(bytes), std::move(media_type)};
  repositories_[repository].tags[name] = digest;
}

std::optional<std::string> StrictRegistry::find_blob(const std::string& repository,
                                                     const Digest& digest) const {
  const std::lock_guard guard(mutex_);
  const auto found = repositories_.find(repository);
  if (found == repositories_.end()) return std::nullopt;
  const auto blob = found->second.blobs.find(digest.render());
  if (blob == found->second.blobs.end()) return std::nullopt;
  return blob->second;
}

std::optional<std::string> StrictRegistry::find_manifest(const std::string& repository,
                                                         const std::string& name) const {
  const std::lock_guard guard(mutex_);
  const auto found = repositories_.find(repository);
  if (found == repositories_.end()) return std::nullopt;
  const auto tag = found->second.tags.find(name);
  const auto manifest =
      found->second.manifests.find(tag == found->second.tags.end() ? name : tag->second);
  if (manifest == found->second.manifests.end()) return std::nullopt;
  return manifest->second.bytes;
}

void StrictRegistry::corrupt_blob(const std::string& repository, const Digest& digest) {
  const std::lock_guard guard(mutex_);
  repositories_[repository].blobs.at(digest.render()).front() ^= 1;
}

std::size_t StrictRegistry::manifests(const std::string& repository) const {
  const std::lock_guard guard(mutex_);
  const auto found = repositories_.find(repository);
  return found == repositories_.end() ? 0 : found->second.manifests.size();
}

std::vector<std::string> StrictRegistry::secrets() const {
  const std::lock_guard guard(mutex_);
  return tokens_.secrets();
}

std::optional<HttpReply> StrictRegistry::refuse_stranger(const HttpCall& call,
                                                         const std::string& repository) {
  if (options_.auth != Auth::kNone) return tokens_.refuse(call, repository, server_.url());
  if (!call.header("Authorization").empty()) violations_.push_back("Authorization unasked for");
  return std::nullopt;
}

HttpReply StrictRegistry::violate(int status, const std::string& code, const std::string& what) {
  violations_.push_back(what);
  return error(status, code);
}

HttpReply StrictRegistry::serve_foreign(const HttpCall& call) {
  const std::lock_guard guard(mutex_);
  if (!call.header("Authorization").empty()) violations_.push_back("Authorization at another host");
  for (const auto& [name, repository] : repositories_) {
    const auto blob = repository.blobs.find(call.path().substr(1));
    if (blob != repository.blobs.end()) return reply_with_file(call, blob->second);
  }
  return HttpReply::of(404);
}

HttpReply StrictRegistry::handle(const HttpCall& call) {
  Fault fault;
  {
    const std::lock_guard guard(mutex_);
    if (!call.path().starts_with("/v2/")) {
      return tokens_.serve(call);
    }
    const auto found = faults_.find(log_.size());
    log_.push_back(call.method + " " + without_digests(call.path()));
    fault = found != faults_.end() ? found->second : interceptor_;
  }
  const auto answer = [&] {
    const std::lock_guard guard(mutex_);
    return serve(call);
  };
  return fault ? fault(call, answer) : answer();
}

HttpReply StrictRegistry::serve(const HttpCall& call) {
  const std::string path = call.path().substr(4);
  if (path == "_catalog") return serve_catalog(call);
  for (const char* part : {"/blobs/uploads/", "/blobs/", "/manifests/", "/tags/", "/referrers/"}) {
    const std::size_t at = path.find(part);
    if (at == std::string::npos) continue;
    const std::string repository = path.substr(0, at);
    const std::string rest = path.substr(at + std::string_view(part).size());
    if (auto refusal = refuse_stranger(call, repository)) return *refusal;
    const bool reads = call.method == "GET" || call.method == "HEAD";
    if (!reads && options_.read_only.contains(repository)) return error(403, "DENIED");
    const std::string_view kind = part;
    if (kind == "/blobs/uploads/") {
      return rest.empty() ? begin_upload(call, repository) : go_on(call, repository, rest);
    }
    if (kind == "/blobs/") return serve_blob(call, repository, rest);
    if (kind == "/manifests/") return serve_manifest(call, repository, rest);
    if (kind == "/tags/") return serve_tags(call, repository);
    if (!options_.has_referrers) return error(404, "NOT_FOUND");
    const auto list = repositories_[repository].manifests.find("referrers " + rest);
    const bool any = list != repositories_[repository].manifests.end();
    return HttpReply::of(200, any ? list->second.bytes
                                  : R"({"schemaVersion":2,"mediaType":"application/vnd.oci.image.)"
                                    R"(index.v1+json","manifests":[]})");
  }
  return violate(404, "UNSUPPORTED", "no such endpoint: " + call.path());
}

HttpReply StrictRegistry::serve_blob(const HttpCall& call, const std::string& repository,
                                     const std::string& digest) {
  const auto& blobs = repositories_[repository].blobs;
  const auto blob = blobs.find(digest);
  if (call.method != "GET" && call.method != "HEAD") {
    return violate(405, "UNSUPPORTED", call.method + " of a blob");
  }
  if (blob == blobs.end()) return error(404, "BLOB_UNKNOWN");
  if (call.method == "GET" && options_.redirects_blobs) {
    return HttpReply::redirect(307, foreign_.url("/" + digest + "?signature=SIGNED"));
  }
  return reply_with_file(call, blob->second).with("Docker-Content-Digest", digest);
}

HttpReply StrictRegistry::serve_manifest(const HttpCall& call, const std::string& repository,
                                         const std::string& name) {
  if (call.method == "PUT") return take_manifest(call, repository, name);
  Repository& place = repositories_[repository];
  const auto tag = place.tags.find(name);
  const std::string digest = tag == place.tags.end() ? name : tag->second;
  const auto manifest = place.manifests.find(digest);
  if (manifest == place.manifests.end()) return error(404, "MANIFEST_UNKNOWN");
  if (call.method == "DELETE") {
    if (tag == place.tags.end()) place.manifests.erase(manifest);
    std::erase_if(place.tags, [&](const auto& one) {
      return one.first == name || (tag == place.tags.end() && one.second == digest);
    });
    return HttpReply::of(202);
  }
  if (call.header("Accept").find(manifest->second.media_type) == std::string::npos) {
    return violate(404, "MANIFEST_UNKNOWN", "a manifest asked for without Accept");
  }
  return HttpReply::of(200, manifest->second.bytes)
      .with("Content-Type", manifest->second.media_type)
      .with("Docker-Content-Digest", digest);
}

HttpReply StrictRegistry::take_manifest(const HttpCall& call, const std::string& repository,
                                        const std::string& name) {
  const std::string digest = Digest::of(call.body).render();
  const Json document = Json::parse(call.body, nullptr, false);
  if (document.is_discarded()) return violate(400, "MANIFEST_INVALID", "a manifest of no JSON");
  if (document.value("mediaType", "") != call.header("Content-Type")) {
    return violate(400, "MANIFEST_INVALID", "a manifest of another media type");
  }
  if (name.starts_with("sha256:") && name != digest) {
    return violate(400, "DIGEST_INVALID", "a manifest under a wrong digest");
  }
  Repository& place = repositories_[repository];
  std::vector<std::string> needed;
  if (document.contains("config")) needed.push_back(document["config"].value("digest", ""));
  for (const Json& layer : document.value("layers", Json::array())) {
    needed.push_back(layer.value("digest", ""));
  }
  for (const Json& entry : document.value("manifests", Json::array())) {
    // What hangs on an image and is listed under a fallback tag may be gone.
    if (name.starts_with("sha256-")) break;
    if (!place.manifests.contains(entry.value("digest", ""))) {
      return violate(404, "MANIFEST_UNKNOWN", "an index before its manifests");
    }
  }
  for (const std::string& blob : needed) {
    if (!place.blobs.contains(blob) && lost_.contains(blob)) {
      return error(400, "MANIFEST_BLOB_UNKNOWN");
    }
    if (!place.blobs.contains(blob)) {
      return violate(404, "MANIFEST_BLOB_UNKNOWN", "a manifest before its blobs");
    }
  }
  place.manifests[digest] = {call.body, call.header("Content-Type")};
  if (!name.starts_with("sha256:")) place.tags[name] = digest;
  HttpReply reply = HttpReply::of(201)
                        .with("Location", "/v2/" + repository + "/manifests/" + digest)
                        .with("Docker-Content-Digest", digest);
  if (options_.has_referrers && document.contains("subject")) {
    const std::string subject = document["subject"].value("digest", "");
    add_referrer(place, subject, document, digest);
    reply.headers.emplace_back("OCI-Subject", subject);
  }
  return reply;
}

void StrictRegistry::add_referrer(Repository& place, const std::string& subject,
                                  const nlohmann::json& document, const std::string& digest) {
  Stored& list = place.manifests["referrers " + subject];
  if (list.bytes.empty()) {
    list.bytes = R"({"schemaVersion":2,"mediaType":"application/vnd.oci.image.index.v1+json",)"
                 R"("manifests":[]})";
  }
  Json index = Json::parse(list.bytes);
  for (const Json& entry : index["manifests"]) {
    if (entry["digest"] == digest) return;
  }
  index["manifests"].push_back({{"mediaType", document.value("mediaType", "")},
                                {"digest", digest},
                                {"size", place.manifests[digest].bytes.size()},
                                {"artifactType", document.value("artifactType", "")}});
  list.bytes = index.dump();
}

HttpReply StrictRegistry::serve_page(const HttpCall& call, const char* field,
                                     const std::map<std::string, Json>& entries) const {
  const std::string last = find_one(query_of(call), "last");
  Json page = Json::array();
  std::string end;
  auto entry = last.empty() ? entries.begin() : entries.upper_bound(last);
  for (; entry != entries.end() && page.size() < options_.page_size; ++entry) {
    page.push_back(entry->second);
    end = entry->first;
  }
  HttpReply reply = HttpReply::of(200, Json{{field, page}}.dump());
  if (entry != entries.end()) {
    reply.headers.emplace_back("Link", fmt::format("<{}?n={}&last={}>; rel=\"next\"", call.path(),
                                                   options_.page_size, end));
  }
  return reply;
}

HttpReply StrictRegistry::serve_catalog(const HttpCall& call) {
  std::map<std::string, Json> names;
  for (const auto& [name, repository] : repositories_) names.emplace(name, name);
  return serve_page(call, "repositories", names);
}

HttpReply StrictRegistry::serve_tags(const HttpCall& call, const std::string& repository) {
  std::map<std::string, Json> tags;
  for (const auto& [tag, digest] : repositories_[repository].tags) tags.emplace(tag, tag);
  return serve_page(call, "tags", tags);
}

}  // namespace kasane::testing
