#include "base/retry.h"

#include <algorithm>
#include <charconv>
#include <ctime>
#include <random>
#include <string>
#include <thread>
#include <utility>

#include <fmt/format.h>

namespace kasane {
namespace {

constexpr std::int64_t kMostSeconds = 86'400;

/// RFC 9110, section 5.6.7, in its one current form.
std::optional<std::time_t> read_time(std::optional<std::string_view> text) {
  if (!text) return std::nullopt;
  std::tm time{};
  const std::string copy(*text);
  const char* const end = ::strptime(copy.c_str(), "%a, %d %b %Y %H:%M:%S GMT", &time);
  if (end == nullptr || *end != '\0') return std::nullopt;
  return ::timegm(&time);
}

double chance() {
  thread_local std::minstd_rand source{std::random_device()()};
  return std::uniform_real_distribution<double>(0, 1)(source);
}

}  // namespace

bool Retry::wait(std::optional<std::chrono::milliseconds> asked) {
  const bool told = asked && asked->count() > 0;
  if (!told && counted_ >= options_.attempts) return false;
  const double spread = 0.5 + 0.5 * (options_.random ? options_.random() : chance());
  auto time = std::chrono::milliseconds(
      static_cast<std::int64_t>(static_cast<double>(next_.count()) * spread));
  // Never earlier than asked; a little later, lest all that were refused come back at once.
  if (asked) time += *asked;
  if (waited_ + time > options_.budget) return false;
  if (options_.pause) {
    options_.pause(time);
  } else {
    std::this_thread::sleep_for(time);
  }
  waited_ += time;
  ++attempts_;
  counted_ += told ? 0 : 1;
  next_ = std::min(next_ * 2, options_.longest_pause);
  return true;
}

void Retry::wait_or_throw(Error failure, std::optional<std::chrono::milliseconds> asked) {
  if (wait(asked)) return;
  failure.add_context(fmt::format("after {} attempts", attempts_));
  throw failure;
}

void Retry::begin_anew() {
  attempts_ = 1;
  counted_ = 1;
  next_ = options_.first_pause;
}

std::optional<std::chrono::system_clock::time_point> read_date(const HttpHeaders& headers) {
  const auto time = read_time(headers.find("Date"));
  if (!time) return std::nullopt;
  return std::chrono::system_clock::from_time_t(*time);
}

std::optional<std::chrono::milliseconds> read_retry_after(const HttpHeaders& headers) {
  const auto field = headers.find("Retry-After");
  if (!field) return std::nullopt;
  std::int64_t seconds = 0;
  const auto [end, failure] =
      std::from_chars(field->data(), field->data() + field->size(), seconds);
  if (failure != std::errc() || end != field->data() + field->size()) {
    const auto then = read_time(field);
    const auto now = read_time(headers.find("Date"));
    if (!then || !now) return std::nullopt;
    seconds = static_cast<std::int64_t>(*then - *now);
  }
  return std::chrono::seconds(std::clamp<std::int64_t>(seconds, 0, kMostSeconds));
}

}  // namespace kasane
