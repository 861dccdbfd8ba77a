#include "resolver/pypi/fetch_table.h"

namespace kasane::resolver::pypi {

BackgroundWork::~BackgroundWork() {
  {
    const std::lock_guard lock(mutex_);
    stop_ = true;
    jobs_.clear();
  }
  wake_.notify_all();
  for (std::thread& thread : threads_) thread.join();
}

void BackgroundWork::add(std::function<void()> job) {
  const std::lock_guard lock(mutex_);
  jobs_.push_back(std::move(job));
  if (idle_ < jobs_.size() && threads_.size() < most_threads_) {
    threads_.emplace_back([this] { work(); });
  }
  wake_.notify_one();
}

void BackgroundWork::work() {
  std::unique_lock lock(mutex_);
  while (true) {
    ++idle_;
    wake_.wait(lock, [&] { return stop_ || !jobs_.empty(); });
    --idle_;
    if (stop_) return;
    const std::function<void()> job = std::move(jobs_.front());
    jobs_.pop_front();
    lock.unlock();
    try {
      job();
    } catch (...) {
      // The one who needs the result asks for it again, and gets what was thrown.
    }
    lock.lock();
  }
}

}  // namespace kasane::resolver::pypi
