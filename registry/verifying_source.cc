#include "registry/verifying_source.h"

#include <array>

#include <fmt/format.h>

#include "base/error.h"

namespace kasane::registry {

VerifyingSource::VerifyingSource(std::unique_ptr<ByteSource> source, const Descriptor& expected,
                                 std::string what, std::string context)
    : source_(std::move(source)),
      digest_(expected.digest),
      size_bytes_(expected.size_bytes),
      what_(std::move(what)),
      context_(std::move(context)) {}

Error VerifyingSource::mismatch(std::string_view what, std::string_view expected,
                                std::string_view got) const {
  return Error(ErrorKind::kIntegrity, fmt::format("{} mismatch for {} `{}`: expected {}, got {}",
                                                  what, what_, digest_.render(), expected, got))
      .context(context_);
}

std::size_t VerifyingSource::read(std::span<char> buffer) {
  if (buffer.empty()) return 0;
  if (verified_) return 0;
  const std::size_t n = source_->read(buffer);
  done_ += n;
  if (n == 0 && done_ < size_bytes_) {
    throw mismatch("size", fmt::format("{} bytes", size_bytes_), std::to_string(done_));
  }
  hasher_.update(std::string_view(buffer.data(), n));
  if (done_ >= size_bytes_) check_end();
  return n;
}

void VerifyingSource::check_end() {
  std::array<char, 1> more;
  if (done_ > size_bytes_ || source_->read(more) != 0) {
    throw mismatch("size", fmt::format("{} bytes", size_bytes_), "more");
  }
  const Digest found = hasher_.finish();
  if (found != digest_) {
    throw mismatch("digest", fmt::format("`{}`", digest_.render()),
                   fmt::format("`{}`", found.render()));
  }
  verified_ = true;
}

}  // namespace kasane::registry
