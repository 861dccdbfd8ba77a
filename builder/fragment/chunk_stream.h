#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <future>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "base/codec.h"
#include "base/stream.h"

namespace kasane::builder {

/// A chunk in both forms.
struct CompressedChunk {
  std::string plain;
  std::string compressed;
};

/// Threads that compress chunks, shared by all layers that are being written. Thread-safe.
class CompressPool {
 public:
  CompressPool(const CompressionMethod& method, unsigned threads);
  ~CompressPool();
  CompressPool(const CompressPool&) = delete;
  CompressPool& operator=(const CompressPool&) = delete;

  const CompressionMethod& method() const { return method_; }
  unsigned threads() const { return static_cast<unsigned>(threads_.size()); }
  std::future<CompressedChunk> submit(std::string plain);

 private:
  void work();

  CompressionMethod method_;
  std::mutex mutex_;
  std::condition_variable wake_;
  std::deque<std::packaged_task<CompressedChunk(ChunkCompressor&)>> tasks_;
  bool stopping_ = false;
  std::vector<std::thread> threads_;
};

/// How many bytes are compressed as one gzip member or zstd frame. A constant of the layout:
/// another value gives other layers.
std::size_t chunk_size(const CompressionMethod& method);

/// Cuts the bytes written to it into chunks, has them compressed in parallel, and hands them on in
/// order, on the thread that writes. Memory: `window` chunks and one. Not thread-safe.
class ChunkStream final : public ByteSink {
 public:
  using Consumer = std::function<void(const CompressedChunk&)>;
  ChunkStream(CompressPool& pool, std::size_t window, Consumer consumer);

  void write(std::string_view bytes) override;
  /// Hands on all that is left. Nothing may be written afterwards.
  void finish();

 private:
  void flush();
  void hand_on_one();

  CompressPool& pool_;
  std::size_t chunk_size_;
  std::size_t window_;
  Consumer consumer_;
  std::string chunk_;
  std::deque<std::future<CompressedChunk>> under_way_;
};

}  // namespace kasane::builder
