#include "builder/image/read_ahead.h"

#include <algorithm>
#include <cstring>

namespace kasane::builder {

ReadAhead::ReadAhead(std::unique_ptr<ByteSource> source)
    : source_(std::move(source)), blocks_(kBlocks) {
  thread_ = std::thread([this] { run(); });
}

ReadAhead::~ReadAhead() {
  {
    const std::lock_guard guard(mutex_);
    dropped_ = true;
  }
  changed_.notify_all();
  thread_.join();
}

void ReadAhead::run() {
  try {
    for (;;) {
      {
        std::unique_lock lock(mutex_);
        changed_.wait(lock, [this] { return dropped_ || filled_ - used_ < kBlocks; });
        if (dropped_) return;
      }
      Block& block = blocks_[filled_ % kBlocks];
      block.bytes.resize(kBlockSize);
      block.size = read_fully(*source_, block.bytes);
      const std::lock_guard guard(mutex_);
      if (block.size < kBlockSize) ended_ = true;
      if (block.size > 0) ++filled_;
      changed_.notify_all();
      if (ended_) return;
    }
  } catch (...) {
    const std::lock_guard guard(mutex_);
    failure_ = std::current_exception();
    ended_ = true;
    changed_.notify_all();
  }
}

std::size_t ReadAhead::read(std::span<char> buffer) {
  {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return ended_ || filled_ > used_; });
    if (filled_ == used_) {
      if (failure_) std::rethrow_exception(failure_);
      return 0;
    }
  }
  const Block& block = blocks_[used_ % kBlocks];
  const std::size_t n = std::min(buffer.size(), block.size - position_);
  std::memcpy(buffer.data(), block.bytes.data() + position_, n);
  position_ += n;
  if (position_ == block.size) {
    position_ = 0;
    const std::lock_guard guard(mutex_);
    ++used_;
    changed_.notify_all();
  }
  return n;
}

}  // namespace kasane::builder
