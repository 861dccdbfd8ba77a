#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>
#include <zstd.h>

#include "base/digest.h"
#include "base/error.h"
#include "resolver/conda/channel_data.h"
#include "tests/support/http_server.h"
#include "tests/support/temporary_directory.h"

namespace kasane::resolver {

using nlohmann::json;
using ::testing::HasSubstr;
using ::testing::Not;

inline json record(const std::string& name, const std::string& version) {
  return {{"name", name}, {"version", version}, {"build", "0"}, {"depends", json::array()}};
}

inline std::string repodata(const std::string& name, const std::vector<std::string>& versions,
                            const std::string& base_url = "") {
  json out = {{"info", {{"subdir", "noarch"}}}, {"packages", json::object()}};
  if (!base_url.empty()) out["info"]["base_url"] = base_url;
  for (const std::string& version : versions) {
    out["packages.conda"][name + "-" + version + "-0.conda"] = record(name, version);
  }
  return out.dump();
}

inline std::string compressed(const std::string& bytes) {
  std::string out(ZSTD_compressBound(bytes.size()), '\0');
  out.resize(ZSTD_compress(out.data(), out.size(), bytes.data(), bytes.size(), 1));
  return out;
}

inline std::string msgpack(const json& value) {
  const std::vector<std::uint8_t> bytes = json::to_msgpack(value);
  return compressed({bytes.begin(), bytes.end()});
}

/// A server of files that are in memory, which can be changed while it runs.
class ChannelDataTest : public ::testing::Test {
 protected:
  void put(const std::string& path, const std::string& body,
           std::vector<std::pair<std::string, std::string>> headers = {}) {
    const std::lock_guard lock(mutex_);
    HttpReply reply = HttpReply::of(200, body);
    reply.headers = std::move(headers);
    files_[path] = reply;
  }
  void put_reply(const std::string& path, HttpReply reply) {
    const std::lock_guard lock(mutex_);
    files_[path] = std::move(reply);
  }
  HttpReply answer(const HttpCall& call) {
    const std::lock_guard lock(mutex_);
    if (!password_.empty() && call.header("Authorization") != password_) return HttpReply::of(401);
    const auto found = files_.find(call.path());
    if (found == files_.end()) return HttpReply::of(404, "<html>no such file</html>");
    for (const auto& [name, value] : found->second.headers) {
      if (name == "ETag" && call.header("If-None-Match") == value) {
        HttpReply reply = HttpReply::of(304);
        reply.headers = found->second.headers;
        return reply;
      }
    }
    return found->second;
  }

  Channel channel(const std::string& path = "/c") {
    return Channel::parse(server_.url(path), settings_);
  }
  ChannelData open(const std::vector<Channel>& channels,
                   const std::vector<std::string>& subdirs = {"noarch"}) {
    return ChannelData::open(channels, subdirs, *http_, options_);
  }
  std::string error_of(const std::vector<Channel>& channels,
                       const std::vector<std::string>& subdirs = {"noarch"},
                       ErrorKind kind = ErrorKind::kNetwork) {
    try {
      open(channels, subdirs);
    } catch (const Error& error) {
      EXPECT_EQ(error.kind(), kind) << error.render();
      return shown(error.render());
    }
    return "no error";
  }
  /// The server's port is another each time.
  std::string shown(std::string text) const {
    const std::string url = server_.url();
    for (std::size_t at = text.find(url); at != std::string::npos; at = text.find(url)) {
      text.replace(at, url.size(), "http://server");
    }
    return text;
  }
  /// All calls since the last time, as paths.
  std::vector<std::string> calls() {
    std::vector<std::string> out;
    const std::vector<HttpCall> all = server_.calls();
    for (; seen_ < all.size(); ++seen_) out.push_back(all[seen_].path());
    return out;
  }
  std::string versions(const ChannelData& data, const std::string& name) {
    std::string out;
    for (const OpenedChannel& opened : data.channels()) {
      for (const auto& source : opened.subdirs) {
        const auto table = source->find(name);
        for (std::size_t i = 0; table && i < table->size(); ++i) {
          out += (out.empty() ? "" : " ") + std::string(table->record(i).version);
        }
      }
    }
    return out;
  }
  /// All that is on disk.
  std::string kept() {
    std::string out;
    for (const auto& entry : std::filesystem::directory_iterator(directory_.path())) {
      std::ifstream in(entry.path(), std::ios::binary);
      out += entry.path().string() + "\n" + std::string(std::istreambuf_iterator<char>(in), {});
    }
    return out;
  }

  std::mutex mutex_;
  std::map<std::string, HttpReply> files_;
  std::string password_;
  HttpServer server_{[this](const HttpCall& call) { return answer(call); }};
  ChannelSettings settings_;
  testing::TemporaryDirectory directory_;
  std::unique_ptr<HttpClient> http_ = make_curl_client({});
  std::int64_t time_ = 1'700'000'000;
  ChannelDataOptions options_ = {.directory = directory_.path(),
                                 .attempts = 2,
                                 .now = [this] { return time_; },
                                 .pause = [](std::chrono::milliseconds) {}};
  std::size_t seen_ = 0;
};

}  // namespace kasane::resolver
