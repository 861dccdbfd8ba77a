#pragma once

#include <chrono>
#include <functional>
#include <optional>

#include "base/error.h"
#include "base/http.h"

namespace kasane {

/// How long a server is asked again. A value; what it holds may be called from several threads at
/// once.
struct RetryOptions {
  unsigned attempts = 6;
  std::chrono::milliseconds first_pause{300};
  std::chrono::milliseconds longest_pause{20'000};
  /// All pauses of one piece of work together. A server that asks for more is given up at once.
  std::chrono::milliseconds budget{180'000};
  /// Waits, and may throw to end the work; sleeps when not set.
  std::function<void(std::chrono::milliseconds)> pause = nullptr;
  /// Evenly from [0, 1); chance of its own when not set.
  std::function<double()> random = nullptr;
};

/// The attempts at one piece of work: pauses that double, give or take, between bounds in number
/// and time. Not thread-safe. Borrows the options.
class Retry {
 public:
  explicit Retry(const RetryOptions& options) : options_(options), next_(options.first_pause) {}
  /// Waits before another attempt, as long as the server asked or twice as long as the time before,
  /// give or take. False when attempts or budget are used up; a server that says when to come back
  /// uses up the budget alone.
  bool wait(std::optional<std::chrono::milliseconds> asked = std::nullopt);
  /// The same; where wait() is false, throws `failure` and how many attempts there were.
  void wait_or_throw(Error failure, std::optional<std::chrono::milliseconds> asked = std::nullopt);
  /// There was progress: the attempts count anew, the budget does not.
  void begin_anew();
  unsigned attempts() const { return attempts_; }

 private:
  const RetryOptions& options_;
  std::chrono::milliseconds next_;
  std::chrono::milliseconds waited_{0};
  unsigned attempts_ = 1;
  /// Those that the server did not ask for by naming a time.
  unsigned counted_ = 1;
};

/// The field `Date` (RFC 9110, section 6.6.1).
std::optional<std::chrono::system_clock::time_point> read_date(const HttpHeaders& headers);

/// `Retry-After` in seconds, or as a date that is read against the answer's own `Date`.
std::optional<std::chrono::milliseconds> read_retry_after(const HttpHeaders& headers);

}  // namespace kasane
