#include "registry/remote/blob_download.h"

#include <algorithm>
#include <charconv>

#include <fmt/format.h>

#include "base/error.h"

namespace kasane::registry {
namespace {

constexpr std::size_t kReadAhead = std::size_t{1} << 20;

/// The first byte of `bytes 5-9/10`.
std::optional<std::uint64_t> range_start(const HttpResponse& response) {
  std::string_view text = response.headers.find("Content-Range").value_or("");
  if (!text.starts_with("bytes ")) return std::nullopt;
  text.remove_prefix(6);
  std::uint64_t first = 0;
  const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), first);
  if (failure != std::errc() || end == text.data() + text.size() || *end != '-') {
    return std::nullopt;
  }
  return first;
}

}  // namespace

/// Takes the part of a body that has not come yet.
class BlobDownload::Sink final : public ByteSink {
 public:
  explicit Sink(BlobDownload& download) : download_(download) {}

  void accept(const HttpResponse& head) {
    const std::uint64_t reached = download_.received_;
    if (head.status == 200) {
      skip_ = reached;
      accepted_ = true;
    } else if (head.status == 206) {
      if (range_start(head) != reached) {
        throw Error(ErrorKind::kNetwork,
                    fmt::format("expected the blob `{}` from byte {} on, got another part",
                                download_.descriptor_.digest.render(), reached));
      }
      accepted_ = true;
    }
  }

  void write(std::string_view bytes) override {
    if (!accepted_) {
      if (refusal_.size() + bytes.size() <= kReadAhead) refusal_.append(bytes);
      return;
    }
    const auto skipped = static_cast<std::size_t>(std::min<std::uint64_t>(skip_, bytes.size()));
    skip_ -= skipped;
    bytes.remove_prefix(skipped);
    if (!bytes.empty()) download_.push(bytes);
  }
  bool accepted() const { return accepted_; }
  std::string take_refusal() { return std::move(refusal_); }

 private:
  BlobDownload& download_;
  std::uint64_t skip_ = 0;
  bool accepted_ = false;
  std::string refusal_;
};

BlobDownload::BlobDownload(const Transport& transport, Scope scope, const Descriptor& descriptor)
    : transport_(transport),
      scope_(std::move(scope)),
      descriptor_(descriptor),
      thread_([this] { fetch_all(); }) {}

BlobDownload::~BlobDownload() {
  {
    const std::lock_guard guard(mutex_);
    unwanted_ = true;
    changed_.notify_all();
  }
  thread_.join();
}

std::size_t BlobDownload::read(std::span<char> buffer) {
  std::unique_lock guard(mutex_);
  changed_.wait(guard, [&] { return taken_ < ready_.size() || ended_; });
  if (taken_ == ready_.size()) {
    if (failure_) std::rethrow_exception(failure_);
    return 0;
  }
  const std::size_t n = std::min(buffer.size(), ready_.size() - taken_);
  std::copy_n(ready_.data() + taken_, n, buffer.data());
  taken_ += n;
  if (taken_ == ready_.size()) {
    ready_.clear();
    taken_ = 0;
    changed_.notify_all();
  }
  return n;
}

void BlobDownload::push(std::string_view bytes) {
  std::unique_lock guard(mutex_);
  changed_.wait(guard, [&] { return ready_.size() < kReadAhead || unwanted_; });
  if (unwanted_) throw Error(ErrorKind::kFailed, "the blob is no longer wanted");
  if (received_ + bytes.size() > descriptor_.size_bytes) {
    throw Error(ErrorKind::kIntegrity,
                fmt::format("size mismatch for blob `{}`: expected {} bytes, got more",
                            descriptor_.digest.render(), descriptor_.size_bytes));
  }
  ready_.append(bytes);
  received_ += bytes.size();
  changed_.notify_all();
}

bool BlobDownload::try_fetch(Retry& retry) {
  RemoteRequest request{"GET", transport_.url("blobs/" + descriptor_.digest.render()), scope_};
  const std::uint64_t before = received_;
  if (before > 0) request.headers.add("Range", fmt::format("bytes={}-", before));
  std::optional<Error> failure;
  std::optional<std::chrono::milliseconds> asked;
  bool may_pass = true;
  Sink sink(*this);
  try {
    const HttpResponse response =
        transport_.attempt(request, sink, [&](const HttpResponse& head) { sink.accept(head); });
    if (sink.accepted()) return true;
    failure = transport_.refusal(request, {response, sink.take_refusal()});
    may_pass = is_transient(response.status);
    asked = read_retry_after(response.headers);
  } catch (const Error& error) {
    if (error.kind() != ErrorKind::kNetwork) throw;
    failure = error;
  }
  if (!may_pass) throw *failure;
  if (received_ == descriptor_.size_bytes && before < received_) return true;
  if (received_ > before) retry.begin_anew();
  retry.wait_or_throw(*std::move(failure), asked);
  return false;
}

void BlobDownload::fetch_all() {
  std::exception_ptr failure;
  try {
    Retry retry(transport_.options().retry);
    while (!try_fetch(retry)) {
      const std::lock_guard guard(mutex_);
      if (unwanted_) break;
    }
  } catch (...) {
    failure = std::current_exception();
  }
  const std::lock_guard guard(mutex_);
  failure_ = failure;
  ended_ = true;
  changed_.notify_all();
}

}  // namespace kasane::registry
