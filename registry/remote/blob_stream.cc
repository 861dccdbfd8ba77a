#include "registry/remote/blob_stream.h"

#include <array>
#include <exception>

#include <fmt/format.h>

#include "registry/remote/upload_session.h"

namespace kasane::registry {
namespace {

/// Where the bytes come from is no affair of the registry that they go to: what breaks there must
/// not be taken for a break here.
class Marked final : public ByteSource {
 public:
  Marked(std::unique_ptr<ByteSource> source, std::exception_ptr& failure)
      : source_(std::move(source)), failure_(failure) {}
  std::size_t read(std::span<char> buffer) override {
    try {
      return source_->read(buffer);
    } catch (const Error&) {
      failure_ = std::current_exception();
      throw;
    }
  }

 private:
  std::unique_ptr<ByteSource> source_;
  std::exception_ptr& failure_;
};

void skip(ByteSource& source, std::uint64_t count) {
  std::array<char, std::size_t{64} << 10> buffer;
  while (count > 0) {
    const auto n = source.read(std::span(buffer).first(
        static_cast<std::size_t>(std::min<std::uint64_t>(count, buffer.size()))));
    if (n == 0) throw Error(ErrorKind::kIntegrity, "the bytes of a blob ended too early");
    count -= n;
  }
}

}  // namespace

void BlobStream::begin_session() {
  session_ = transport_.location(begin_upload(transport_), "upload");
  sent_ = 0;
}

std::unique_ptr<ByteSource> BlobStream::open_rest() const {
  auto source = open_();
  skip(*source, sent_);
  return source;
}

BlobStream::Attempt BlobStream::try_rest() const {
  RemoteRequest request{"PUT", finishing_url(*session_, blob_.digest), upload_scope(transport_)};
  request.headers.add("Content-Type", "application/octet-stream");
  if (sent_ > 0) {
    request.headers.add("Content-Range", fmt::format("{}-{}", sent_, blob_.size_bytes - 1));
  }
  std::exception_ptr broken_source;
  request.stream_size = blob_.size_bytes - sent_;
  request.stream = [&]() -> std::unique_ptr<ByteSource> {
    try {
      return std::make_unique<Marked>(open_rest(), broken_source);
    } catch (const Error&) {
      broken_source = std::current_exception();
      throw;
    }
  };
  Attempt out;
  try {
    const RemoteAnswer answer = transport_.attempt(request);
    out.status = answer.status();
    out.asked = read_retry_after(answer.response.headers);
    if (out.status != 201) out.failure = transport_.refusal(request, answer);
  } catch (const Error& error) {
    if (broken_source) std::rethrow_exception(broken_source);
    if (error.kind() != ErrorKind::kNetwork) throw;
    out.failure = error;
  }
  return out;
}

/// Any doubt about where the registry stands ends in a session of its own: the bytes can be had
/// again.
void BlobStream::find_position() {
  const RemoteRequest asked{"GET", *session_, upload_scope(transport_)};
  const RemoteAnswer answer = transport_.send(asked);
  const bool stands = answer.status() == 204 || answer.status() == 200;
  const auto position = stands ? read_position(answer.response.headers) : std::nullopt;
  if (!position || *position >= blob_.size_bytes) {
    begin_session();
    return;
  }
  if (answer.response.headers.find("Location")) {
    session_ = transport_.location(answer, "go on with an upload");
  }
  sent_ = *position;
}

void BlobStream::send() {
  begin_session();
  Retry retry(transport_.options().retry);
  for (;;) {
    const std::uint64_t before = sent_;
    Attempt attempt = try_rest();
    if (attempt.status == 201) return;
    if (attempt.status == 400 && before == 0) {
      throw Error(ErrorKind::kIntegrity, attempt.failure->message());
    }
    // Of an upload taken up again, the registry may see the joint in another place than it said.
    const bool doubtful = attempt.status == 400 || attempt.status == 404 || attempt.status == 416;
    if (attempt.status != 0 && !doubtful && !is_transient(attempt.status)) throw *attempt.failure;
    // The answer may be all that was lost. Registries forget an upload that is complete.
    if (has_blob_(blob_.digest, blob_.size_bytes)) return;
    retry.wait_or_throw(*attempt.failure, attempt.asked);
    if (doubtful) {
      begin_session();
    } else {
      find_position();
    }
  }
}

}  // namespace kasane::registry
