#include "base/stream.h"

#include <algorithm>
#include <cstring>
#include <vector>

#include <fmt/format.h>

#include "base/error.h"

namespace kasane {

std::size_t StringSource::read(std::span<char> buffer) {
  const std::size_t n = std::min(buffer.size(), rest_.size());
  std::memcpy(buffer.data(), rest_.data(), n);
  rest_.remove_prefix(n);
  return n;
}

std::size_t read_fully(ByteSource& source, std::span<char> buffer) {
  std::size_t done = 0;
  while (done < buffer.size()) {
    const std::size_t n = source.read(buffer.subspan(done));
    if (n == 0) break;
    done += n;
  }
  return done;
}

std::string read_all(ByteSource& source, std::size_t limit, std::string_view what) {
  std::string out;
  std::size_t done = 0;
  for (;;) {
    if (done == out.size()) out.resize(std::max<std::size_t>(16384, 2 * out.size()));
    const std::size_t n = source.read(std::span(out).subspan(done));
    if (n == 0) break;
    done += n;
    if (done > limit) {
      throw Error(ErrorKind::kRefused, fmt::format("{} is larger than {} bytes", what, limit));
    }
  }
  out.resize(done);
  return out;
}

std::size_t copy(ByteSource& source, ByteSink& sink) {
  std::vector<char> buffer(std::size_t{1} << 17);
  std::size_t total = 0;
  while (const std::size_t n = source.read(buffer)) {
    sink.write(std::string_view(buffer.data(), n));
    total += n;
  }
  return total;
}

}  // namespace kasane
