#pragma once

#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <string>

#include "tests/support/http_server.h"

namespace kasane::test {

/// An index of Python distributions on a loopback port: pages below `/simple/`, files below
/// `/files/`. Pages have an ETag, and are told to be unchanged to those who know it.
class PythonIndex {
 public:
  PythonIndex();

  /// A wheel with that METADATA; returns its bytes.
  const std::string& add_wheel(const std::string& file_name, const std::string& requires_dist = "");
  void add_file(const std::string& name, std::string bytes);
  /// What a file says in the page beside its name, URL and digest: `"yanked": "bad"`.
  void set_fields(const std::string& file_name, std::string json);
  /// Publishes METADATA beside a file (PEP 658), with its digest.
  void publish_metadata(const std::string& file_name, const std::string& text);
  /// Takes the place of what would be answered at that path.
  void set_reply(const std::string& path, HttpReply reply);
  /// Whether files are given in parts.
  void set_ranges(bool on) { ranges_ = on; }

  std::string url(const std::string& target = "/simple/") const { return server_.url(target); }
  const HttpServer& server() const { return server_; }

 private:
  HttpReply answer(const HttpCall& call);
  HttpReply page(const std::string& project) const;

  std::mutex mutex_;
  std::map<std::string, std::string> files_;
  std::map<std::string, std::string> fields_;
  std::map<std::string, HttpReply> replies_;
  bool ranges_ = true;
  HttpServer server_;
};

/// METADATA of `name version` with lines for its requirements, `Requires-Dist: a\n` each.
std::string metadata_text(const std::string& name, const std::string& version,
                          const std::string& requires_dist = "");

}  // namespace kasane::test
