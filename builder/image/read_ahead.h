#pragma once

#include <condition_variable>
#include <exception>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include "base/stream.h"

namespace kasane::builder {

/// Reads another source on a thread of its own, a few megabytes ahead, so that decoding and using
/// go on at the same time. An exception of the source is thrown by read() in its place in the
/// stream. May be dropped before the end. Not thread-safe.
class ReadAhead final : public ByteSource {
 public:
  explicit ReadAhead(std::unique_ptr<ByteSource> source);
  ~ReadAhead() override;
  std::size_t read(std::span<char> buffer) override;

 private:
  static constexpr std::size_t kBlocks = 8;
  static constexpr std::size_t kBlockSize = std::size_t{256} << 10;

  struct Block {
    std::vector<char> bytes;
    std::size_t size = 0;
  };
  void run();

  std::unique_ptr<ByteSource> source_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<Block> blocks_;
  /// Blocks filled and blocks used up, counted from the begin of the stream.
  std::size_t filled_ = 0;
  std::size_t used_ = 0;
  std::size_t position_ = 0;
  bool ended_ = false;
  bool dropped_ = false;
  std::exception_ptr failure_;
  std::thread thread_;
};

}  // namespace kasane::builder
