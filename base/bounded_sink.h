#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>

#include <fmt/format.h>

#include "base/error.h"
#include "base/stream.h"

namespace kasane {

/// Collects what may come from anybody: more than `limit` bytes are an Error of kind kRefused that
/// names `what`.
class BoundedSink final : public ByteSink {
 public:
  BoundedSink(std::size_t limit, std::string what) : limit_(limit), what_(std::move(what)) {}
  void write(std::string_view bytes) override {
    if (bytes.size() > limit_ - bytes_.size()) {
      throw Error(ErrorKind::kRefused, fmt::format("{} is larger than {} bytes", what_, limit_));
    }
    bytes_.append(bytes);
  }
  void restart() { bytes_.clear(); }
  std::string take() { return std::move(bytes_); }

 private:
  const std::size_t limit_;
  const std::string what_;
  std::string bytes_;
};

}  // namespace kasane
