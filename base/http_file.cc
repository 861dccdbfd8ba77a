#include "base/http_file.h"

#include <algorithm>
#include <charconv>
#include <optional>
#include <string>

#include <fmt/format.h>

#include "base/error.h"
#include "base/file_system.h"

namespace kasane {
namespace {

struct Part {
  std::uint64_t offset = 0;
  std::uint64_t size = 0;
};

std::optional<std::uint64_t> read_number(std::string_view text) {
  std::uint64_t number = 0;
  const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (failure != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return number;
}

/// RFC 9110, section 14.1.2, for one range of bytes. Size 0 is one that cannot be satisfied; what
/// is not understood counts as if it were not there.
std::optional<Part> read_range(std::string_view text, std::uint64_t size) {
  if (!text.starts_with("bytes=")) return std::nullopt;
  text.remove_prefix(6);
  const std::size_t dash = text.find('-');
  if (dash == std::string_view::npos) return std::nullopt;
  const auto first = read_number(text.substr(0, dash));
  const auto last = read_number(text.substr(dash + 1));
  if (!first) {
    if (dash != 0 || !last) return std::nullopt;
    const std::uint64_t length = std::min(*last, size);
    return Part{size - length, length};
  }
  if (!last && dash + 1 != text.size()) return std::nullopt;
  if (last && *last < *first) return std::nullopt;
  if (*first >= size) return Part{};
  return Part{*first, std::min(last.value_or(size), size - 1) - *first + 1};
}

}  // namespace

HttpResponse send_file(const Url& url, const HttpRequest& request, ByteSink& body,
                       const std::function<void(const HttpResponse&)>& on_headers) {
  if (request.method != "GET" && request.method != "HEAD") {
    throw Error(ErrorKind::kUsage, fmt::format("expected `GET` or `HEAD` for `{}`, got `{}`",
                                               url.redacted(), request.method));
  }
  PosixFileSystem files;
  HttpResponse response;
  response.final_url = url.render();
  const Path path = url.local_path();
  const auto status = files.find_status(path);
  const auto file = status && status->type != FileStatus::Type::kDirectory &&
                            status->type != FileStatus::Type::kOther
                        ? files.find_file(path)
                        : nullptr;
  Part part;
  if (file == nullptr) {
    response.status = 404;
  } else {
    part = {0, file->size()};
    response.status = 200;
    response.headers.add("Accept-Ranges", "bytes");
    if (const auto text = request.headers.find("Range")) {
      if (const auto range = read_range(*text, file->size())) {
        part = *range;
        response.status = part.size == 0 ? 416 : 206;
        response.headers.add("Content-Range",
                             part.size == 0
                                 ? fmt::format("bytes */{}", file->size())
                                 : fmt::format("bytes {}-{}/{}", part.offset,
                                               part.offset + part.size - 1, file->size()));
      }
    }
  }
  response.headers.add("Content-Length", std::to_string(part.size));
  if (on_headers) on_headers(response);
  if (file != nullptr && request.method == "GET") {
    FileSource source(*file, part.offset, part.size);
    if (copy(source, body) != part.size) {
      throw Error(ErrorKind::kNetwork,
                  fmt::format("`{}` became shorter while it was read", url.redacted()));
    }
  }
  return response;
}

}  // namespace kasane
