#include "registry/remote/blob_upload.h"

#include <algorithm>
#include <charconv>

#include <fmt/format.h>

#include "base/error.h"
#include "registry/registry_reference.h"
#include "registry/remote/upload_session.h"

namespace kasane::registry {
namespace {

constexpr std::uint64_t kLargestChunk = std::uint64_t{128} << 20;

std::uint64_t read_least_chunk(const HttpHeaders& headers) {
  const std::string_view text = headers.find("OCI-Chunk-Min-Length").value_or("");
  std::uint64_t least = 0;
  std::from_chars(text.data(), text.data() + text.size(), least);
  return least;
}

Error lost(const RegistryReference& name) {
  return Error(ErrorKind::kNetwork,
               fmt::format("`{}` has forgotten an upload that was under way", name.host()))
      .hint("try again: what is complete is not sent again");
}

}  // namespace

void BlobUpload::write(std::string_view bytes) {
  hasher_.update(bytes);
  while (!bytes.empty()) {
    const std::size_t room = chunk_ - std::min(chunk_, held_.size());
    const std::size_t n = std::min(room, bytes.size());
    held_.append(bytes.substr(0, n));
    bytes.remove_prefix(n);
    // More is to come, so that what ends here is not the end: the last bytes go with the digest.
    if (held_.size() >= chunk_ && !bytes.empty()) send_chunk();
  }
}

RemoteRequest BlobUpload::part(std::string method, std::string_view bytes) const {
  RemoteRequest out{std::move(method), *session_, upload_scope(transport_)};
  out.body = bytes;
  out.headers.add("Content-Type", "application/octet-stream");
  return out;
}

void BlobUpload::begin_session() {
  const RemoteAnswer answer = begin_upload(transport_);
  session_ = transport_.location(answer, "upload");
  const std::uint64_t least = read_least_chunk(answer.response.headers);
  if (least > kLargestChunk) {
    throw Error(ErrorKind::kRefused,
                fmt::format("`{}` wants chunks of {} bytes or more, at most {} are sent at once",
                            transport_.name().host(), least, kLargestChunk));
  }
  chunk_ = std::max(chunk_, static_cast<std::size_t>(least));
}

void BlobUpload::let_go_until(std::uint64_t position) {
  if (position < sent_ || position > size()) {
    throw Error(ErrorKind::kNetwork,
                fmt::format("`{}` says that it has {} bytes of an upload, expected {} to {}",
                            transport_.name().host(), position, sent_, size()));
  }
  held_.erase(0, static_cast<std::size_t>(position - sent_));
  sent_ = position;
}

void BlobUpload::take_position(const RemoteAnswer& answer) {
  const auto position = read_position(answer.response.headers);
  session_ = transport_.location(answer, "go on with an upload");
  if (position) let_go_until(*position);
}

void BlobUpload::recover(Retry& retry, Error failure,
                         std::optional<std::chrono::milliseconds> asked) {
  retry.wait_or_throw(std::move(failure), asked);
  const RemoteRequest status{"GET", *session_, upload_scope(transport_)};
  const RemoteAnswer answer = transport_.send(status);
  if (answer.status() == 404) throw lost(transport_.name());
  if (answer.status() != 204 && answer.status() != 200) throw transport_.refusal(status, answer);
  if (!read_position(answer.response.headers)) {
    throw Error(ErrorKind::kNetwork,
                fmt::format("`{}` does not say where an upload stands", transport_.name().host()));
  }
  // Some leave the Location out here; the last one is still good.
  if (answer.response.headers.find("Location")) {
    take_position(answer);
  } else {
    let_go_until(*read_position(answer.response.headers));
  }
}

BlobUpload::Attempt BlobUpload::try_part(const RemoteRequest& request) const {
  Attempt out;
  try {
    out.answer = transport_.attempt(request);
    const int status = out.answer->status();
    out.failure = transport_.refusal(request, *out.answer);
    // 416: the registry stands elsewhere, and says where.
    out.may_pass = status == 416 || is_transient(status);
    out.asked = read_retry_after(out.answer->response.headers);
  } catch (const Error& error) {
    if (error.kind() != ErrorKind::kNetwork) throw;
    out.failure = error;
    out.may_pass = true;
  }
  return out;
}

BlobUpload::Outcome BlobUpload::try_chunk(Retry& retry) {
  RemoteRequest request = part("PATCH", held_);
  request.headers.add("Content-Range", fmt::format("{}-{}", sent_, size() - 1));
  Attempt attempt = try_part(request);
  const std::uint64_t before = sent_;
  if (attempt.status() == 404) throw lost(transport_.name());
  if (attempt.status() == 202 || attempt.status() == 204) {
    const std::uint64_t end = size();
    const bool says = read_position(attempt.answer->response.headers).has_value();
    take_position(*attempt.answer);
    if (!says) let_go_until(end);
    if (held_.empty()) return Outcome::kDone;
    if (sent_ > before) {
      retry.begin_anew();
      return Outcome::kTryAgain;
    }
    attempt.failure = Error(ErrorKind::kNetwork, fmt::format("`{}` takes no bytes of an upload",
                                                             transport_.name().host()));
    attempt.may_pass = true;
  }
  if (!attempt.may_pass) throw *attempt.failure;
  recover(retry, *attempt.failure, attempt.asked);
  if (sent_ > before) retry.begin_anew();
  return held_.empty() ? Outcome::kDone : Outcome::kTryAgain;
}

void BlobUpload::send_chunk() {
  if (!session_) {
    begin_session();
    if (held_.size() < chunk_) return;
  }
  Retry retry(transport_.options().retry);
  while (try_chunk(retry) == Outcome::kTryAgain) {
  }
}

BlobUpload::Outcome BlobUpload::try_finish(const Digest& digest, Retry& retry) {
  RemoteRequest request = part("PUT", held_);
  request.url = finishing_url(request.url, digest);
  if (sent_ > 0 && !held_.empty()) {
    request.headers.add("Content-Range", fmt::format("{}-{}", sent_, size() - 1));
  }
  Attempt attempt = try_part(request);
  if (attempt.status() == 201) return Outcome::kDone;
  const bool forgotten = attempt.status() == 404;
  if (attempt.status() == 400) {
    throw Error(ErrorKind::kIntegrity, attempt.failure->message());
  }
  if (!attempt.may_pass && !forgotten) throw *attempt.failure;
  // The answer may be all that was lost. Registries forget an upload that is complete.
  if (has_blob_(digest, size())) return Outcome::kDone;
  if (sent_ == 0) {
    // Everything is still here: an upload of its own is the surest.
    if (!retry.wait(attempt.asked)) {
      attempt.failure->add_context(fmt::format("after {} attempts", retry.attempts()));
      throw *attempt.failure;
    }
    begin_session();
  } else if (forgotten) {
    throw lost(transport_.name());
  } else {
    recover(retry, *attempt.failure, attempt.asked);
  }
  return Outcome::kTryAgain;
}

Digest BlobUpload::commit() {
  const Digest digest = hasher_.finish();
  return in_context([&] { return fmt::format("while sending the blob `{}`", digest.render()); },
                    [&] {
                      if (!session_) {
                        const bool worth_asking = size() >= transport_.options().ask_from_bytes;
                        if (worth_asking && has_blob_(digest, size())) return digest;
                        begin_session();
                      }
                      Retry retry(transport_.options().retry);
                      while (try_finish(digest, retry) == Outcome::kTryAgain) {
                      }
                      return digest;
                    });
}

}  // namespace kasane::registry
