#include <fmt/format.h>

#include "tests/support/form_fields.h"
#include "tests/support/strict_registry.h"

namespace kasane::testing {

HttpReply StrictRegistry::where(HttpReply reply, const std::string& id, Upload& upload) {
  const std::size_t last = upload.bytes.empty() ? 0 : upload.bytes.size() - 1;
  // Relative, as RFC 9110 allows, with a query that has to come back.
  return std::move(reply)
      .with("Location",
            fmt::format("/v2/{}/blobs/uploads/{}?state={}", upload.repository, id, upload.state))
      .with("Range", fmt::format("0-{}", last));
}

HttpReply StrictRegistry::begin_upload(const HttpCall& call, const std::string& repository) {
  if (call.method != "POST") return violate(405, "UNSUPPORTED", call.method + " of uploads");
  if (call.header("Content-Length") != "0") violations_.push_back("POST without Content-Length: 0");
  const std::string mount = find_one(query_of(call), "mount");
  const std::string from = find_one(query_of(call), "from");
  if (!mount.empty()) {
    const auto blob = repositories_[from].blobs.find(mount);
    if (tokens_.may_pull(call, from) && blob != repositories_[from].blobs.end()) {
      repositories_[repository].blobs[mount] = blob->second;
      return HttpReply::of(201).with("Location", "/v2/" + repository + "/blobs/" + mount);
    }
  }
  const std::string id = fmt::format("u{}", ++counter_);
  Upload& upload = uploads_[id];
  upload.repository = repository;
  HttpReply reply = where(HttpReply::of(202), id, upload);
  if (options_.least_chunk > 0) {
    reply.headers.emplace_back("OCI-Chunk-Min-Length", std::to_string(options_.least_chunk));
  }
  return reply;
}

HttpReply StrictRegistry::go_on(const HttpCall& call, const std::string& repository,
                                const std::string& id) {
  const auto found = uploads_.find(id);
  if (found == uploads_.end() || found->second.repository != repository) {
    return error(404, "BLOB_UPLOAD_UNKNOWN");
  }
  Upload& upload = found->second;
  if (call.method == "GET") return where(HttpReply::of(204), id, upload);
  if (call.method == "DELETE") {
    uploads_.erase(found);
    return HttpReply::of(204);
  }
  const std::string state = find_one(query_of(call), "state");
  if (state != std::to_string(upload.state)) {
    return violate(400, "BLOB_UPLOAD_INVALID", "not the last Location");
  }
  if (call.method == "PATCH") return take_bytes(call, id, upload);
  if (call.method == "PUT") return finish(call, id, upload);
  return violate(405, "UNSUPPORTED", call.method + " of an upload");
}

HttpReply StrictRegistry::take_bytes(const HttpCall& call, const std::string& id, Upload& upload) {
  if (call.header("Content-Type") != "application/octet-stream") {
    return violate(400, "BLOB_UPLOAD_INVALID", "a chunk without its media type");
  }
  const std::string expected =
      fmt::format("{}-{}", upload.bytes.size(), upload.bytes.size() + call.body.size() - 1);
  if (call.header("Content-Range") != expected) return where(HttpReply::of(416), id, upload);
  if (call.body.size() < options_.least_chunk) {
    return violate(400, "SIZE_INVALID", "a chunk smaller than the least");
  }
  upload.bytes += call.body;
  ++upload.state;
  return where(HttpReply::of(202), id, upload);
}

HttpReply StrictRegistry::finish(const HttpCall& call, const std::string& id, Upload& upload) {
  const std::string digest = find_one(query_of(call), "digest");
  const std::string range = call.header("Content-Range");
  if (!range.empty() && !range.starts_with(std::to_string(upload.bytes.size()) + "-")) {
    return where(HttpReply::of(416), id, upload);
  }
  const std::string bytes = upload.bytes + call.body;
  if (Digest::of(bytes).render() != digest) return error(400, "DIGEST_INVALID");
  const std::string repository = upload.repository;
  repositories_[repository].blobs[digest] = bytes;
  uploads_.erase(id);
  return HttpReply::of(201)
      .with("Location", "/v2/" + repository + "/blobs/" + digest)
      .with("Docker-Content-Digest", digest);
}

}  // namespace kasane::testing
