#include "resolver/conda/repodata_state.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <string_view>

#include <nlohmann/json.hpp>

#include "base/error.h"
#include "base/text.h"

namespace kasane::resolver {
namespace {

using nlohmann::json;

constexpr int kVersion = 1;
constexpr std::array<std::string_view, 3> kKinds = {"json", "shards", "missing"};

/// Of `Cache-Control` (RFC 9111, section 5.2.2): how many seconds an answer is good for.
std::int64_t read_max_age(std::string_view field) {
  const std::string text = lower(field);
  if (text.find("no-cache") != std::string::npos || text.find("no-store") != std::string::npos) {
    return 0;
  }
  constexpr std::string_view kName = "max-age=";
  std::size_t at = text.find(kName);
  if (at == std::string::npos) return 0;
  at += kName.size();
  if (at < text.size() && text[at] == '"') ++at;
  std::int64_t out = 0;
  std::from_chars(text.data() + at, text.data() + text.size(), out);
  return std::max<std::int64_t>(out, 0);
}

std::string header(const HttpHeaders& headers, std::string_view name) {
  return std::string(headers.find(name).value_or(""));
}

}  // namespace

std::optional<RepodataState> RepodataState::read(FileSystem& disk, const Path& path) {
  if (!disk.find_status(path)) return std::nullopt;
  try {
    const json text = json::parse(disk.read_text(path));
    if (text.at("version") != kVersion) return std::nullopt;
    RepodataState out;
    const auto kind = std::find(kKinds.begin(), kKinds.end(), text.at("kind").get<std::string>());
    if (kind == kKinds.end()) return std::nullopt;
    out.kind = static_cast<Kind>(kind - kKinds.begin());
    out.url = text.at("url");
    out.identity = text.at("identity");
    out.etag = text.at("etag");
    out.last_modified = text.at("last_modified");
    out.checked_at = text.at("checked_at");
    out.max_age = text.at("max_age");
    out.probed_at = text.at("probed_at");
    return out;
  } catch (const json::exception&) {
    return std::nullopt;
  }
}

void RepodataState::write(FileSystem& disk, const Path& path) const {
  const json text = {{"version", kVersion},
                     {"kind", kKinds[static_cast<std::size_t>(kind)]},
                     {"url", url},
                     {"identity", identity},
                     {"etag", etag},
                     {"last_modified", last_modified},
                     {"checked_at", checked_at},
                     {"max_age", max_age},
                     {"probed_at", probed_at}};
  disk.write_atomically(path, text.dump(2, ' ', true, json::error_handler_t::replace) + "\n");
}

void RepodataState::take_headers(const HttpHeaders& headers, std::int64_t now) {
  checked_at = now;
  std::int64_t age = 0;
  const std::string age_text = header(headers, "Age");
  std::from_chars(age_text.data(), age_text.data() + age_text.size(), age);
  max_age = std::max<std::int64_t>(
      read_max_age(header(headers, "Cache-Control")) - std::max<std::int64_t>(age, 0), 0);
  // An answer that nothing has changed need not repeat them.
  if (const auto value = headers.find("ETag")) etag = *value;
  if (const auto value = headers.find("Last-Modified")) last_modified = *value;
}

HttpHeaders RepodataState::conditions() const {
  HttpHeaders out;
  if (!etag.empty()) out.add("If-None-Match", etag);
  if (!last_modified.empty()) out.add("If-Modified-Since", last_modified);
  return out;
}

}  // namespace kasane::resolver
