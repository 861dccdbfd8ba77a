#pragma once

#include <condition_variable>
#include <cstdint>
#include <exception>
#include <mutex>
#include <string>
#include <thread>

#include "base/stream.h"
#include "registry/descriptor.h"
#include "registry/remote/transport.h"

namespace kasane::registry {

/// The bytes of a blob, as they come: not verified. A thread of its own fetches ahead of the reader
/// by a bounded amount, and goes on where it was after a break. Dropped early, the transfer ends.
/// Borrows the transport.
class BlobDownload final : public ByteSource {
 public:
  BlobDownload(const Transport& transport, Scope scope, const Descriptor& descriptor);
  ~BlobDownload() override;
  std::size_t read(std::span<char> buffer) override;

 private:
  class Sink;
  void fetch_all();
  /// True when all has come.
  bool try_fetch(Retry& retry);
  void push(std::string_view bytes);

  const Transport& transport_;
  const Scope scope_;
  const Descriptor descriptor_;
  /// How many bytes have come; the fetching thread's own.
  std::uint64_t received_ = 0;

  std::mutex mutex_;
  std::condition_variable changed_;
  std::string ready_;
  std::size_t taken_ = 0;
  bool ended_ = false;
  bool unwanted_ = false;
  std::exception_ptr failure_;
  std::thread thread_;
};

}  // namespace kasane::registry
