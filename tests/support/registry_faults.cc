#include "tests/support/registry_faults.h"

namespace kasane::testing {

namespace fault {
namespace {

/// Breaks after the head of an answer. Answers to HEAD have nothing that could be missing.
HttpReply broken(const HttpCall& call) {
  HttpReply reply = HttpReply::of(call.method == "HEAD" ? 503 : 200, "lost");
  reply.reset_after = 0;
  return reply;
}

}  // namespace

StrictRegistry::Fault reset() {
  return [](const HttpCall& call, const auto&) { return broken(call); };
}

StrictRegistry::Fault lost_answer() {
  return [](const HttpCall& call, const auto& serve) {
    serve();
    return broken(call);
  };
}

StrictRegistry::Fault truncation() {
  return [](const HttpCall&, const auto& serve) {
    HttpReply reply = serve();
    if (reply.body.empty()) reply.body = "cut";
    reply.close_after = reply.body.size() / 2;
    return reply;
  };
}

StrictRegistry::Fault status(int status, std::optional<std::string> retry_after) {
  return [status, retry_after](const HttpCall&, const auto&) {
    HttpReply reply = HttpReply::of(status, R"({"errors":[{"code":"ON_CUE"}]})");
    if (retry_after) reply.headers.emplace_back("Retry-After", *retry_after);
    return reply;
  };
}

StrictRegistry::Fault late(std::chrono::milliseconds time) {
  return [time](const HttpCall&, const auto& serve) {
    HttpReply reply = serve();
    reply.delay = time;
    return reply;
  };
}

StrictRegistry::Fault drip(std::chrono::milliseconds time) {
  return [time](const HttpCall&, const auto& serve) {
    HttpReply reply = serve();
    reply.drip = time;
    return reply;
  };
}

StrictRegistry::Fault without(std::string header) {
  return [header](const HttpCall&, const auto& serve) {
    HttpReply reply = serve();
    std::erase_if(reply.headers, [&](const auto& one) { return one.first == header; });
    return reply;
  };
}

}  // namespace fault

}  // namespace kasane::testing
