#include "base/written_time.h"

#include <algorithm>
#include <string_view>

namespace kasane {
namespace {

/// Reads a time off the front of a text, RFC 3339's grammar.
class TimeReader {
 public:
  explicit TimeReader(std::string_view text) : rest_(text) {}

  std::optional<WrittenTime> read() {
    if (!read_date()) return std::nullopt;
    if (rest_.empty()) return WrittenTime{time_, false};
    if (!read_clock() || !read_fraction() || !read_zone() || !rest_.empty()) return std::nullopt;
    return WrittenTime{time_, true};
  }

 private:
  bool take(std::string_view marks) {
    if (rest_.empty() || marks.find(rest_.front()) == std::string_view::npos) return false;
    rest_.remove_prefix(1);
    return true;
  }

  bool take_digits(std::size_t count, int& number) {
    if (rest_.size() < count) return false;
    number = 0;
    for (const char c : rest_.substr(0, count)) {
      if (c < '0' || c > '9') return false;
      number = number * 10 + (c - '0');
    }
    rest_.remove_prefix(count);
    return true;
  }

  bool read_date() {
    int year = 0;
    int month = 0;
    int day = 0;
    if (!take_digits(4, year) || !take("-") || !take_digits(2, month) || !take("-") ||
        !take_digits(2, day)) {
      return false;
    }
    const std::chrono::year_month_day date{std::chrono::year(year),
                                           std::chrono::month(static_cast<unsigned>(month)),
                                           std::chrono::day(static_cast<unsigned>(day))};
    if (date.ok()) time_ = std::chrono::sys_days(date);
    return date.ok();
  }

  bool read_clock() {
    int hour = 0;
    int minute = 0;
    int second = 0;
    if (!take("Tt ") || !take_digits(2, hour) || !take(":") || !take_digits(2, minute)) {
      return false;
    }
    if (take(":") && !take_digits(2, second)) return false;
    time_ += std::chrono::hours(hour) + std::chrono::minutes(minute) + std::chrono::seconds(second);
    return hour < 24 && minute < 60 && second <= 60;
  }

  bool read_fraction() {
    if (!take(".")) return true;
    std::chrono::microseconds scale = std::chrono::milliseconds(100);
    int digit = 0;
    if (!take_digits(1, digit)) return false;
    do {
      time_ += digit * scale;
      scale /= 10;
    } while (take_digits(1, digit));
    return true;
  }

  bool read_zone() {
    if (rest_.empty() || take("Zz")) return true;
    const int sign = rest_.front() == '-' ? 1 : -1;
    int hours = 0;
    int minutes = 0;
    if (!take("+-") || !take_digits(2, hours)) return false;
    take(":");
    if (!rest_.empty() && !take_digits(2, minutes)) return false;
    time_ += sign * (std::chrono::hours(hours) + std::chrono::minutes(minutes));
    return hours < 24 && minutes < 60;
  }

  std::string_view rest_;
  std::chrono::sys_time<std::chrono::microseconds> time_;
};

}  // namespace

std::optional<WrittenTime> find_written_time(std::string_view text) {
  return TimeReader(text).read();
}

}  // namespace kasane
