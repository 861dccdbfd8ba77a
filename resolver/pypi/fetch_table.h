#pragma once

#include <condition_variable>
#include <deque>
#include <exception>
#include <functional>
#include <future>
#include <map>
#include <mutex>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace kasane::resolver::pypi {

/// Values that are made once for each key, whoever asks first; the others wait for that one. What
/// making throws is thrown to all who ask. Thread-safe; values stay where they are.
template <class Value>
class FetchTable {
 public:
  template <class Make>
  const Value& get(const std::string& key, const Make& make) {
    std::promise<Value> promise;
    std::unique_lock lock(mutex_);
    auto [slot, is_first] = slots_.try_emplace(key);
    if (is_first) slot->second = promise.get_future().share();
    // Slots of a map stay where they are.
    const std::shared_future<Value>& future = slot->second;
    lock.unlock();
    if (is_first) {
      try {
        promise.set_value(make());
      } catch (...) {
        promise.set_exception(std::current_exception());
      }
    }
    return future.get();
  }

  bool has(const std::string& key) const {
    const std::lock_guard lock(mutex_);
    return slots_.contains(key);
  }

 private:
  mutable std::mutex mutex_;
  std::map<std::string, std::shared_future<Value>> slots_;
};

/// Threads that do what others may want later, in the order in which it was given; they are started
/// when there is something to do. Destruction drops what was not begun and waits for the rest.
class BackgroundWork {
 public:
  explicit BackgroundWork(unsigned threads) : most_threads_(threads) {}
  ~BackgroundWork();
  BackgroundWork(const BackgroundWork&) = delete;
  BackgroundWork& operator=(const BackgroundWork&) = delete;

  /// What `job` throws is dropped.
  void add(std::function<void()> job);

 private:
  void work();

  unsigned most_threads_;
  std::mutex mutex_;
  std::condition_variable wake_;
  std::deque<std::function<void()>> jobs_;
  unsigned idle_ = 0;
  bool stop_ = false;
  std::vector<std::thread> threads_;
};

}  // namespace kasane::resolver::pypi
