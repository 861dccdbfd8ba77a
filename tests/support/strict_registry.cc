#include "tests/support/strict_registry.h"

#include <algorithm>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace kasane::testing {
namespace {

using Json = nlohmann::json;

HttpReply error(int status, const std::string& code) {
  // A registry that shows to whom it talks: no client may repeat that.
  return HttpReply::of(status, fmt::format(R"({{"errors":[{{"code":"{}","message":"{} {}"}}]}})",
                                           code, StrictRegistry::kPassword, code));
}

std::string decode(const std::string& text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '%' && i + 2 < text.size()) {
      out += static_cast<char>(std::stoi(text.substr(i + 1, 2), nullptr, 16));
      i += 2;
    } else {
      out += text[i] == '+' ? ' ' : text[i];
    }
  }
  return out;
}

/// All values of a field of a form or query.
std::vector<std::string> find_all(const std::string& form, const std::string& name) {
  std::vector<std::string> out;
  for (std::size_t at = 0; at <= form.size();) {
    const std::size_t end = std::min(form.find('&', at), form.size());
    const std::string field = form.substr(at, end - at);
    if (field.starts_with(name + "=")) out.push_back(decode(field.substr(name.size() + 1)));
    at = end + 1;
  }
  return out;
}

std::string find_one(const std::string& form, const std::string& name) {
  const auto all = find_all(form, name);
  return all.empty() ? "" : all.front();
}

std::string query_of(const HttpCall& call) {
  const std::size_t mark = call.target.find('?');
  return mark == std::string::npos ? "" : call.target.substr(mark + 1);
}

/// Whether the scopes of a token allow the action.
bool allows(const std::string& scopes, const std::string& repository, const std::string& action) {
  const std::string prefix = "repository:" + repository + ":";
  for (std::size_t at = 0; at < scopes.size();) {
    const std::size_t end = std::min(scopes.find(' ', at), scopes.size());
    const std::string scope = scopes.substr(at, end - at);
    if (scope.starts_with(prefix) &&
        ("," + scope.substr(prefix.size()) + ",").find("," + action + ",") != std::string::npos) {
      return true;
    }
    at = end + 1;
  }
  return false;
}

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
      foreign_([this](const HttpCall& call) { return serve_foreign(call); }),
      server_([this](const HttpCall& call) { return handle(call); }) {}

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
  tokens_.clear();
}

std::size_t StrictRegistry::requests() const {
  const std::lock_guard guard(mutex_);
  return log_.size();
}

std::size_t StrictRegistry::token_requests() const {
  const std::lock_guard guard(mutex_);
  return token_requests_;
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
  std::vector<std::string> out{kPassword, kIdentityToken, kAzureToken,
                               basic_authorization({kUser, kPassword}).substr(6)};
  out.insert(out.end(), given_.begin(), given_.end());
  return out;
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
      ++token_requests_;
      return serve_token(call);
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

HttpReply StrictRegistry::give_token(const std::string& scope) {
  const std::string token = fmt::format("tok-SECRET-{}", ++counter_);
  tokens_[token] = scope;
  given_.push_back(token);
  return HttpReply::of(200, Json{{"access_token", token}, {"expires_in", 300}}.dump());
}

HttpReply StrictRegistry::serve_token(const HttpCall& call) {
  const std::string form = call.method == "GET" ? query_of(call) : call.body;
  if (find_one(form, "service") != "strict") return HttpReply::of(400, kPassword);
  if (call.path() == "/oauth2/exchange") {
    if (find_one(form, "grant_type") != "access_token" ||
        find_one(form, "access_token") != kAzureToken) {
      return HttpReply::of(401, kAzureToken);
    }
    const std::string token = fmt::format("refresh-SECRET-{}", ++counter_);
    given_.push_back(token);
    return HttpReply::of(200, Json{{"refresh_token", token}}.dump());
  }
  std::string scope;
  for (const std::string& one : find_all(form, "scope")) scope += (scope.empty() ? "" : " ") + one;
  if (call.method == "GET") {
    if (call.header("Authorization") != basic_authorization({kUser, kPassword})) {
      return HttpReply::of(401, kPassword);
    }
    return give_token(scope);
  }
  const std::string refresh = find_one(form, "refresh_token");
  const bool known =
      refresh == kIdentityToken ||
      (refresh.starts_with("refresh-SECRET-") && std::count(given_.begin(), given_.end(), refresh));
  if (find_one(form, "grant_type") != "refresh_token" || !known) return HttpReply::of(401, refresh);
  return give_token(scope);
}

std::optional<HttpReply> StrictRegistry::refuse_stranger(const HttpCall& call,
                                                         const std::string& repository) {
  if (options_.auth == Auth::kNone) {
    if (!call.header("Authorization").empty()) violations_.push_back("Authorization unasked for");
    return std::nullopt;
  }
  const std::string given = call.header("Authorization");
  if (options_.auth == Auth::kBasic) {
    if (given == basic_authorization({kUser, kPassword})) return std::nullopt;
    return error(401, "UNAUTHORIZED")
        .with("WWW-Authenticate", "Basic realm=\"strict, \\\"one\\\"\"");
  }
  const std::string action =
      call.method == "GET" || call.method == "HEAD"                                   ? "pull"
      : call.method == "DELETE" && call.path().find("/uploads/") == std::string::npos ? "delete"
                                                                                      : "push";
  // Asking where an upload stands needs what uploading needs.
  const bool uploads = call.path().find("/uploads/") != std::string::npos;
  const std::string needed = uploads ? "push" : action;
  const auto token = given.starts_with("Bearer ") ? tokens_.find(given.substr(7)) : tokens_.end();
  if (token != tokens_.end() && allows(token->second, repository, needed)) return std::nullopt;
  const std::string realm = server_.url(options_.auth == Auth::kAzure ? "/oauth2/token" : "/token");
  return error(401, "UNAUTHORIZED")
      .with("WWW-Authenticate",
            fmt::format("Bearer realm=\"{}\",service=\"strict\",scope=\"repository:{}:{}\"", realm,
                        repository, needed));
}

HttpReply StrictRegistry::serve(const HttpCall& call) {
  const std::string path = call.path().substr(4);
  if (path == "_catalog") return serve_catalog();
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

HttpReply StrictRegistry::where(HttpReply reply, const std::string& id, Upload& upload) {
  const std::size_t last = upload.bytes.empty() ? 0 : upload.bytes.size() - 1;
  // Relative, as RFC 9110 allows, with a query that has to come back.
  return std::move(reply)
      .with("Location",
            fmt::format("/v2/{}/blobs/uploads/{}?state={}", upload.repository, id, upload.state))
      .with("Range", fmt::format("0-{}", last));
}

HttpReply StrictRegistry::begin_upload(const HttpCall& call, const std::string& repository) {
  if (call.method != "POST") return violate(405, "UNSUPPORTED", call.method + " of uploads");
  if (call.header("Content-Length") != "0") violations_.push_back("POST without Content-Length: 0");
  const std::string mount = find_one(query_of(call), "mount");
  const std::string from = find_one(query_of(call), "from");
  if (!mount.empty()) {
    const auto blob = repositories_[from].blobs.find(mount);
    const auto token =
        tokens_.find(call.header("Authorization")
                         .substr(std::min<std::size_t>(7, call.header("Authorization").size())));
    const bool allowed = options_.auth != Auth::kBearer ||
                         (token != tokens_.end() && allows(token->second, from, "pull"));
    if (allowed && blob != repositories_[from].blobs.end()) {
      repositories_[repository].blobs[mount] = blob->second;
      return HttpReply::of(201).with("Location", "/v2/" + repository + "/blobs/" + mount);
    }
  }
  const std::string id = fmt::format("u{}", ++counter_);
  Upload& upload = uploads_[id];
  upload.repository = repository;
  HttpReply reply = where(HttpReply::of(202), id, upload);
  if (options_.least_chunk > 0) {
    reply.headers.emplace_back("OCI-Chunk-Min-Length", std::to_string(options_.least_chunk));
  }
  return reply;
}

HttpReply StrictRegistry::go_on(const HttpCall& call, const std::string& repository,
                                const std::string& id) {
  const auto found = uploads_.find(id);
  if (found == uploads_.end() || found->second.repository != repository) {
    return error(404, "BLOB_UPLOAD_UNKNOWN");
  }
  Upload& upload = found->second;
  if (call.method == "GET") return where(HttpReply::of(204), id, upload);
  if (call.method == "DELETE") {
    uploads_.erase(found);
    return HttpReply::of(204);
  }
  const std::string state = find_one(query_of(call), "state");
  if (state != std::to_string(upload.state)) {
    return violate(400, "BLOB_UPLOAD_INVALID", "not the last Location");
  }
  if (call.method == "PATCH") return take_bytes(call, id, upload);
  if (call.method == "PUT") return finish(call, id, upload);
  return violate(405, "UNSUPPORTED", call.method + " of an upload");
}

HttpReply StrictRegistry::take_bytes(const HttpCall& call, const std::string& id, Upload& upload) {
  if (call.header("Content-Type") != "application/octet-stream") {
    return violate(400, "BLOB_UPLOAD_INVALID", "a chunk without its media type");
  }
  const std::string expected =
      fmt::format("{}-{}", upload.bytes.size(), upload.bytes.size() + call.body.size() - 1);
  if (call.header("Content-Range") != expected) return where(HttpReply::of(416), id, upload);
  if (call.body.size() < options_.least_chunk) {
    return violate(400, "SIZE_INVALID", "a chunk smaller than the least");
  }
  upload.bytes += call.body;
  ++upload.state;
  return where(HttpReply::of(202), id, upload);
}

HttpReply StrictRegistry::finish(const HttpCall& call, const std::string& id, Upload& upload) {
  const std::string digest = find_one(query_of(call), "digest");
  const std::string range = call.header("Content-Range");
  if (!range.empty() && !range.starts_with(std::to_string(upload.bytes.size()) + "-")) {
    return where(HttpReply::of(416), id, upload);
  }
  const std::string bytes = upload.bytes + call.body;
  if (Digest::of(bytes).render() != digest) return error(400, "DIGEST_INVALID");
  const std::string repository = upload.repository;
  repositories_[repository].blobs[digest] = bytes;
  uploads_.erase(id);
  return HttpReply::of(201)
      .with("Location", "/v2/" + repository + "/blobs/" + digest)
      .with("Docker-Content-Digest", digest);
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

HttpReply StrictRegistry::serve_catalog() {
  Json names = Json::array();
  for (const auto& [name, repository] : repositories_) names.push_back(name);
  return HttpReply::of(200, Json{{"repositories", names}}.dump());
}

HttpReply StrictRegistry::serve_tags(const HttpCall& call, const std::string& repository) {
  const std::string last = find_one(query_of(call), "last");
  Json tags = Json::array();
  bool more = false;
  for (const auto& [tag, digest] : repositories_[repository].tags) {
    if (!last.empty() && tag <= last) continue;
    if (tags.size() == options_.page_size) {
      more = true;
      break;
    }
    tags.push_back(tag);
  }
  HttpReply reply = HttpReply::of(200, Json{{"name", repository}, {"tags", tags}}.dump());
  if (more) {
    reply.headers.emplace_back(
        "Link", fmt::format("</v2/{}/tags/list?n={}&last={}>; rel=\"next\"", repository,
                            options_.page_size, tags.back().get<std::string>()));
  }
  return reply;
}

namespace fault {
namespace {

/// Breaks after the head of an answer. Answers to HEAD have nothing that could be missing.
HttpReply broken(const HttpCall& call) {
  HttpReply reply = HttpReply::of(call.method == "HEAD" ? 503 : 200, "lost");
  reply.reset_after = 0;
  return reply;
}

}  // namespace

StrictRegistry::Fault reset() {
  return [](const HttpCall& call, const auto&) { return broken(call); };
}

StrictRegistry::Fault lost_answer() {
  return [](const HttpCall& call, const auto& serve) {
    serve();
    return broken(call);
  };
}

StrictRegistry::Fault truncation() {
  return [](const HttpCall&, const auto& serve) {
    HttpReply reply = serve();
    if (reply.body.empty()) reply.body = "cut";
    reply.close_after = reply.body.size() / 2;
    return reply;
  };
}

StrictRegistry::Fault status(int status, std::optional<std::string> retry_after) {
  return [status, retry_after](const HttpCall&, const auto&) {
    HttpReply reply = error(status, "ON_CUE");
    if (retry_after) reply.headers.emplace_back("Retry-After", *retry_after);
    return reply;
  };
}

StrictRegistry::Fault without(std::string header) {
  return [header](const HttpCall&, const auto& serve) {
    HttpReply reply = serve();
    std::erase_if(reply.headers, [&](const auto& one) { return one.first == header; });
    return reply;
  };
}

}  // namespace fault

}  // namespace kasane::testing
