#pragma once

#include <chrono>

namespace kasane::builder {

/// Counts from when it is made.
class Stopwatch {
 public:
  double seconds() const {
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - begin_).count();
  }

 private:
  std::chrono::steady_clock::time_point begin_ = std::chrono::steady_clock::now();
};

/// Adds the time that it lives to `into`.
class StageTimer {
 public:
  explicit StageTimer(double& into) : into_(into) {}
  StageTimer(const StageTimer&) = delete;
  StageTimer& operator=(const StageTimer&) = delete;
  ~StageTimer() { into_ += watch_.seconds(); }

 private:
  double& into_;
  Stopwatch watch_;
};

}  // namespace kasane::builder
