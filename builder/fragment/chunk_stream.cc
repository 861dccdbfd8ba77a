#include "builder/fragment/chunk_stream.h"

#include <algorithm>

namespace kasane::builder {

CompressPool::CompressPool(const CompressionMethod& method, unsigned threads) : method_(method) {
  for (unsigned i = 0; i < std::max(1U, threads); ++i) {
    threads_.emplace_back([this] { work(); });
  }
}

CompressPool::~CompressPool() {
  {
    const std::lock_guard guard(mutex_);
    stopping_ = true;
  }
  wake_.notify_all();
  for (std::thread& thread : threads_) thread.join();
}

std::future<CompressedChunk> CompressPool::submit(std::string plain) {
  std::packaged_task<CompressedChunk(ChunkCompressor&)> task(
      [plain = std::move(plain)](ChunkCompressor& compressor) mutable {
        CompressedChunk chunk;
        compressor.compress(plain, chunk.compressed);
        chunk.plain = std::move(plain);
        return chunk;
      });
  auto result = task.get_future();
  {
    const std::lock_guard guard(mutex_);
    tasks_.push_back(std::move(task));
  }
  wake_.notify_one();
  return result;
}

void CompressPool::work() {
  const auto compressor = make_chunk_compressor(method_);
  std::unique_lock lock(mutex_);
  for (;;) {
    wake_.wait(lock, [this] { return stopping_ || !tasks_.empty(); });
    if (tasks_.empty()) return;
    auto task = std::move(tasks_.front());
    tasks_.pop_front();
    lock.unlock();
    task(*compressor);
    lock.lock();
  }
}

std::size_t chunk_size(const CompressionMethod& method) {
  return std::size_t{method.codec() == Codec::kZstd ? 2U : 1U} << 20;
}

ChunkStream::ChunkStream(CompressPool& pool, std::size_t window, Consumer consumer)
    : pool_(pool),
      chunk_size_(chunk_size(pool.method())),
      window_(std::max<std::size_t>(1, window)),
      consumer_(std::move(consumer)) {}

void ChunkStream::write(std::string_view bytes) {
  while (!bytes.empty()) {
    if (chunk_.empty())
      chunk_.reserve(std::min(chunk_size_, std::max<std::size_t>(bytes.size(), 65536)));
    const std::size_t n = std::min(bytes.size(), chunk_size_ - chunk_.size());
    chunk_.append(bytes.substr(0, n));
    bytes.remove_prefix(n);
    if (chunk_.size() == chunk_size_) flush();
  }
}

void ChunkStream::finish() {
  if (!chunk_.empty()) flush();
  while (!under_way_.empty()) hand_on_one();
}

void ChunkStream::flush() {
  if (under_way_.size() >= window_) hand_on_one();
  under_way_.push_back(pool_.submit(std::move(chunk_)));
  chunk_.clear();
}

void ChunkStream::hand_on_one() {
  const CompressedChunk chunk = under_way_.front().get();
  under_way_.pop_front();
  consumer_(chunk);
}

}  // namespace kasane::builder
