#include "registry/remote/client.h"

#include <algorithm>
#include <charconv>
#include <set>

#include <fmt/format.h>

#include "base/error.h"
#include "registry/json.h"
#include "registry/layout_document.h"
#include "registry/media_type.h"
#include "registry/remote/blob_download.h"
#include "registry/remote/blob_stream.h"
#include "registry/remote/blob_upload.h"
#include "registry/verifying_source.h"

namespace kasane::registry {
namespace {

constexpr std::size_t kMostPages = 10'000;
constexpr int kMostFallbackAttempts = 4;

std::string accepted_manifests() {
  return fmt::format("{}, {}, {}, {}", media_type::kManifest, media_type::kIndex,
                     media_type::kDockerManifest, media_type::kDockerIndex);
}

bool is_digest(std::string_view name) { return name.find(':') != std::string_view::npos; }

/// Absent too when it is of another algorithm, which the bytes then cannot be held against.
std::optional<Digest> stated_digest(const HttpHeaders& headers) {
  const std::string_view text = headers.find("Docker-Content-Digest").value_or("");
  if (!text.starts_with("sha256:")) return std::nullopt;
  return Digest::find_hex(text.substr(7));
}

std::string media_type_of(const HttpHeaders& headers) {
  const std::string_view field = headers.find("Content-Type").value_or("");
  std::string_view type = field.substr(0, field.find(';'));
  while (type.ends_with(' ')) type.remove_suffix(1);
  return std::string(type);
}

std::optional<std::uint64_t> content_length(const HttpHeaders& headers) {
  const std::string_view text = headers.find("Content-Length").value_or("");
  std::uint64_t size = 0;
  const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), size);
  if (failure != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return size;
}

/// Azure Container Registry, with soft delete on, refuses the digest of what was deleted until it
/// is restored; nothing else of a manifest that was sent whole is forbidden to be repeated.
Error put_refusal(const Transport& transport, const RemoteRequest& asked,
                  const RemoteAnswer& answer) {
  Error error = transport.refusal(asked, answer);
  if (error.message().find("BLOB_UNKNOWN`") != std::string::npos) {
    return Error(ErrorKind::kIntegrity, error.message())
        .hint("the registry lacks what the manifest names: push again");
  }
  const std::string& host = transport.name().host();
  const bool azure = host.find(".azurecr.") != std::string::npos ||
                     answer.response.headers.find("X-Ms-Correlation-Request-Id").has_value();
  if (!azure || (answer.status() != 409 && answer.status() != 405)) return error;
  return Error(ErrorKind::kRefused,
               fmt::format("{}: the image was deleted, and soft delete keeps its digest from being "
                           "pushed again until it is restored",
                           error.message()))
      .hint(fmt::format("az acr manifest restore -r {} -n {} -d {}", host.substr(0, host.find('.')),
                        transport.name().repository(), Digest::of(*asked.body).render()));
}

constexpr std::string_view kReferrers = "the list of referrers";

/// distribution-spec, "Referrers Tag Schema".
std::string fallback_tag(const Digest& subject) { return "sha256-" + subject.hex(); }

bool names(const ImageIndex& index, const Digest& digest) {
  return std::any_of(index.entries.begin(), index.entries.end(),
                     [&](const auto& entry) { return entry.descriptor.digest == digest; });
}

/// What a manifest or index says that it hangs on. One that cannot be read hangs on nothing.
std::optional<Digest> find_subject(const std::string& text) {
  try {
    const Json document = parse_object(text, "the manifest");
    const auto subject = document.find("subject");
    if (subject == document.end()) return std::nullopt;
    return read_descriptor(*subject, "the subject").digest;
  } catch (const Error&) {
    return std::nullopt;
  }
}

void check_digest(std::string_view what, const Digest& expected, const Digest& found) {
  if (expected == found) return;
  throw Error(ErrorKind::kIntegrity, fmt::format("digest mismatch for {}: expected `{}`, got `{}`",
                                                 what, expected.render(), found.render()));
}

}  // namespace

Client::Client(HttpClient& http, Authenticator& authenticator, const RegistryReference& name,
               RemoteOptions options, Purpose purpose)
    : transport_(http, authenticator, name, std::move(options)),
      scope_(purpose == Purpose::kWrite ? Scope::push(name.repository())
                                        : Scope::pull(name.repository())) {}

RemoteRequest Client::request(std::string method, std::string_view rest, Scope scope) const {
  return {std::move(method), transport_.url(rest), std::move(scope)};
}

std::optional<StoredManifest> Client::find_manifest(const std::string& tag_or_digest) const {
  RemoteRequest asked = request("GET", "manifests/" + tag_or_digest, scope_);
  asked.headers.add("Accept", accepted_manifests());
  RemoteAnswer answer = transport_.send(asked);
  if (answer.status() == 404) return std::nullopt;
  if (answer.status() != 200) throw transport_.refusal(asked, answer);
  const Digest found = Digest::of(answer.text);
  const std::string what = fmt::format("the manifest `{}`", tag_or_digest);
  if (is_digest(tag_or_digest)) check_digest(what, Digest::parse(tag_or_digest), found);
  if (const auto stated = stated_digest(answer.response.headers))
    check_digest(what, *stated, found);
  return StoredManifest{std::move(answer.text), media_type_of(answer.response.headers)};
}

std::optional<Descriptor> Client::find_descriptor(const std::string& tag_or_digest) const {
  RemoteRequest asked = request("HEAD", "manifests/" + tag_or_digest, scope_);
  asked.headers.add("Accept", accepted_manifests());
  const RemoteAnswer answer = transport_.send(asked);
  if (answer.status() == 404) return std::nullopt;
  if (answer.status() != 200) throw transport_.refusal(asked, answer);
  const HttpHeaders& headers = answer.response.headers;
  const auto digest = stated_digest(headers);
  const auto size = content_length(headers);
  if (digest && size) return Descriptor{media_type_of(headers), *digest, *size, {}};
  const auto whole = find_manifest(tag_or_digest);
  if (!whole) return std::nullopt;
  return Descriptor{whole->media_type, Digest::of(whole->text), whole->text.size(), {}};
}

bool Client::has_blob(const Digest& digest, std::uint64_t size_bytes) const {
  const RemoteRequest asked = request("HEAD", "blobs/" + digest.render(), scope_);
  const RemoteAnswer answer = transport_.send(asked);
  if (answer.status() == 404) return false;
  if (answer.status() != 200) throw transport_.refusal(asked, answer);
  return content_length(answer.response.headers).value_or(size_bytes) == size_bytes;
}

std::unique_ptr<ByteSource> Client::open_blob(const Descriptor& descriptor,
                                              std::string what) const {
  auto bytes = std::make_unique<BlobDownload>(transport_, scope_, descriptor);
  return std::make_unique<VerifyingSource>(std::move(bytes), descriptor, std::move(what),
                                           fmt::format("while pulling `{}`", name().render()));
}

std::unique_ptr<TargetBlob> Client::begin_blob() const {
  return begin_blob(
      [this](const Digest& digest, std::uint64_t size) { return has_blob(digest, size); });
}

std::unique_ptr<TargetBlob> Client::begin_blob(HasBlob has_blob) const {
  return std::make_unique<BlobUpload>(transport_, std::move(has_blob));
}

void Client::send_blob(const Descriptor& descriptor, const ImageTarget::OpenBytes& open) const {
  in_context(
      [&] { return fmt::format("while sending the blob `{}`", descriptor.digest.render()); },
      [&] {
        BlobStream(transport_, descriptor, open, [this](const Digest& digest, std::uint64_t size) {
          return has_blob(digest, size);
        }).send();
      });
}

bool Client::mount_blob(const Digest& digest, const std::string& from_repository) const {
  Scope scope = Scope::push(name().repository());
  scope.add(Scope::pull(from_repository));
  const RemoteRequest asked = request(
      "POST", fmt::format("blobs/uploads/?mount={}&from={}", digest.render(), from_repository),
      scope);
  // Repeating is safe: at worst an upload without bytes is left, which the registry drops.
  const RemoteAnswer answer = transport_.send(asked);
  if (answer.status() == 201) return true;
  if (answer.status() == 202) {
    give_up(answer);
    return false;
  }
  // No such repository, or not ours to read: then the bytes are to be sent.
  if (answer.status() == 404 || answer.status() == 403 || answer.status() == 401) return false;
  throw transport_.refusal(asked, answer);
}

void Client::put_manifest(const std::string& tag_or_digest, const StoredManifest& manifest) const {
  put(tag_or_digest, manifest);
}

RemoteAnswer Client::put(const std::string& tag_or_digest, const StoredManifest& manifest) const {
  RemoteRequest asked =
      request("PUT", "manifests/" + tag_or_digest, Scope::push(name().repository()));
  asked.headers.add("Content-Type", manifest.media_type);
  asked.body = manifest.text;
  // The bytes name themselves: putting them twice is putting them once.
  RemoteAnswer answer = transport_.send(asked);
  const Digest digest = Digest::of(manifest.text);
  if (answer.status() != 201) {
    // distribution-spec, "Pushing Manifests": 201. Some say no more than that all is well.
    const bool vague = answer.status() == 200 || answer.status() == 202;
    const auto found = vague ? find_descriptor(tag_or_digest) : std::nullopt;
    if (!found || found->digest != digest) throw put_refusal(transport_, asked, answer);
    return answer;
  }
  if (const auto stated = stated_digest(answer.response.headers)) {
    check_digest("the manifest that was sent", digest, *stated);
  }
  return answer;
}

void Client::put_referrer(const Manifest& manifest) const {
  const RemoteAnswer answer =
      put(manifest.digest().render(), StoredManifest{manifest.text, manifest.media_type});
  // distribution-spec, "Pushing Manifests with Subject".
  if (!manifest.subject || answer.response.headers.find("OCI-Subject")) return;
  const Digest own = manifest.digest();
  update_fallback(
      manifest.subject->digest,
      [&](std::string_view index) { return with_referrer(index, manifest); },
      [&](const ImageIndex& now) { return names(now, own); });
}

void Client::update_fallback(const Digest& subject,
                             const std::function<std::string(std::string_view)>& change,
                             const std::function<bool(const ImageIndex&)>& done) const {
  const std::string tag = fallback_tag(subject);
  for (int attempt = 0; attempt < kMostFallbackAttempts; ++attempt) {
    const auto current = find_manifest(tag);
    const std::string before = current ? current->text : empty_layout_index();
    const std::string updated = change(before);
    if (updated != before) {
      put(tag, {updated, std::string(media_type::kIndex)});
    }
    // Whoever wrote in between may have overwritten it.
    const auto now = find_manifest(tag);
    if (done(now ? ImageIndex::parse(now->text, kReferrers) : ImageIndex())) return;
  }
  throw Error(ErrorKind::kNetwork, fmt::format("{} of `{}` is overwritten again and again",
                                               kReferrers, subject.render()));
}

/// distribution-spec, "Deleting Manifests": the entry goes with what it names.
void Client::leave_fallback(const Digest& subject, const Digest& referrer) const {
  const auto current = find_manifest(fallback_tag(subject));
  if (!current || !names(ImageIndex::parse(current->text, kReferrers), referrer)) return;
  update_fallback(
      subject, [&](std::string_view index) { return without_referrer(index, referrer); },
      [&](const ImageIndex& now) { return !names(now, referrer); });
}

std::optional<Url> Client::next_page(const RemoteAnswer& answer) const {
  const std::string_view link = answer.response.headers.find("Link").value_or("");
  const std::size_t end = link.find('>');
  if (!link.starts_with('<') || end == std::string_view::npos) return std::nullopt;
  const std::string_view parameters = link.substr(end);
  if (parameters.find("rel=\"next\"") == std::string_view::npos &&
      parameters.find("rel=next") == std::string_view::npos) {
    return std::nullopt;
  }
  const Url page = Url::parse(answer.response.final_url);
  Url next = page.resolve(link.substr(1, end - 1));
  if (!next.same_origin(page)) {
    throw Error(ErrorKind::kRefused, fmt::format("`{}` continues its list at another host, `{}`",
                                                 name().host(), next.redacted()));
  }
  return next;
}

std::optional<std::chrono::system_clock::time_point> Client::fetch_time() const {
  return read_date(transport_.send(request("GET", "/v2/", scope_)).response.headers);
}

bool Client::may_write() const {
  const RemoteRequest asked = request("POST", "blobs/uploads/", Scope::push(name().repository()));
  const RemoteAnswer answer = transport_.send(asked);
  if (answer.status() == 401 || answer.status() == 403) return false;
  if (answer.status() != 202) throw transport_.refusal(asked, answer);
  give_up(answer);
  return true;
}

/// Nothing hangs on it: the registry drops what is never finished.
void Client::give_up(const RemoteAnswer& upload) const {
  try {
    transport_.attempt(RemoteRequest{"DELETE", transport_.location(upload, "upload"),
                                     Scope::push(name().repository())});
  } catch (const Error& error) {
    if (error.kind() != ErrorKind::kNetwork && error.kind() != ErrorKind::kRefused) throw;
  }
}

std::optional<std::vector<std::string>> Client::fetch_list(RemoteRequest asked, const char* field,
                                                           std::string_view what) const {
  std::vector<std::string> out;
  std::set<std::string> seen;
  for (std::optional<Url> page = asked.url; page;) {
    if (!seen.insert(page->render()).second || seen.size() > kMostPages) {
      throw Error(ErrorKind::kNetwork,
                  fmt::format("{} of `{}` does not end", what, name().render()));
    }
    asked.url = *page;
    const RemoteAnswer answer = transport_.send(asked);
    if (answer.status() == 404 && seen.size() == 1) return std::nullopt;
    if (answer.status() != 200) throw transport_.refusal(asked, answer);
    const Json document = parse_object(answer.text, what);
    const auto list = document.find(field);
    if (list != document.end() && list->is_array()) {
      for (const Json& one : *list) {
        if (!one.is_string()) {
          throw Error(ErrorKind::kIntegrity, fmt::format("{} has one that is no text", what));
        }
        out.push_back(one.get<std::string>());
      }
    }
    page = next_page(answer);
  }
  // The order is the registry's own affair, and pages may overlap while others push.
  std::sort(out.begin(), out.end());
  out.erase(std::unique(out.begin(), out.end()), out.end());
  return out;
}

std::vector<std::string> Client::fetch_tags(unsigned page_size) const {
  return fetch_list(request("GET", fmt::format("tags/list?n={}", page_size), scope_), "tags",
                    "the list of tags")
      .value_or(std::vector<std::string>());
}

std::vector<std::string> Client::fetch_repositories(unsigned page_size) const {
  auto list = fetch_list(request("GET", fmt::format("/v2/_catalog?n={}", page_size),
                                 Scope::parse("registry:catalog:*")),
                         "repositories", "the list of repositories");
  if (list) return *std::move(list);
  throw Error(ErrorKind::kRefused,
              fmt::format("`{}` does not list its repositories", name().host()));
}

ImageIndex Client::fetch_referrers(const Digest& digest) const {
  ImageIndex out;
  RemoteRequest asked = request("GET", "referrers/" + digest.render(), scope_);
  std::set<std::string> seen;
  for (std::optional<Url> page = asked.url; page;) {
    if (!seen.insert(page->render()).second || seen.size() > kMostPages) {
      throw Error(ErrorKind::kNetwork,
                  fmt::format("{} of `{}` does not end", kReferrers, name().render()));
    }
    asked.url = *page;
    const RemoteAnswer answer = transport_.send(asked);
    if (answer.status() == 404) {
      const auto fallback = find_manifest(fallback_tag(digest));
      return fallback ? ImageIndex::parse(fallback->text, kReferrers) : ImageIndex{};
    }
    if (answer.status() != 200) throw transport_.refusal(asked, answer);
    ImageIndex part = ImageIndex::parse(answer.text, kReferrers);
    std::move(part.entries.begin(), part.entries.end(), std::back_inserter(out.entries));
    page = next_page(answer);
  }
  return out;
}

bool Client::remove(const std::string& tag_or_digest) const {
  const RemoteRequest asked =
      request("DELETE", "manifests/" + tag_or_digest, Scope::remove(name().repository()));
  const RemoteAnswer answer = transport_.send(asked);
  if (answer.status() == 404) return false;
  if (answer.status() != 202 && answer.status() != 200) throw transport_.refusal(asked, answer);
  return true;
}

bool Client::delete_manifest(const Digest& digest) const {
  const auto stored = find_manifest(digest.render());
  if (!remove(digest.render())) return false;
  const auto subject = stored ? find_subject(stored->text) : std::nullopt;
  if (subject) leave_fallback(*subject, digest);
  return true;
}
bool Client::delete_tag(const std::string& tag) const { return remove(tag); }

}  // namespace kasane::registry
