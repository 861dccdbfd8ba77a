#include <unistd.h>

#include <filesystem>
#include <thread>
#include <vector>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <stdlib.h>

#include "base/error.h"
#include "base/file_system.h"
#include "base/http.h"
#include "base/http_exchange.h"
#include "base/url.h"
#include "tests/support/http_server.h"

namespace kasane {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;

class HttpClientTest : public testing::Test {
 protected:
  struct Answer {
    HttpResponse response;
    std::string body;
  };

  Answer get(const std::string& url, HttpHeaders headers = {}) {
    HttpRequest request;
    request.url = url;
    request.headers = std::move(headers);
    return send(request);
  }
  Answer send(const HttpRequest& request) {
    StringSink body;
    HttpResponse response = client_->send(request, body);
    return {std::move(response), body.take()};
  }
  std::string error_of(const std::string& url) {
    try {
      get(url);
    } catch (const Error& error) {
      EXPECT_EQ(error.kind(), ErrorKind::kNetwork);
      return error.render();
    }
    return "(no error)";
  }

  std::unique_ptr<HttpClient> client_ =
      make_curl_client({.user_agent = "kasane/test", .proxies_from_environment = false});
};

TEST_F(HttpClientTest, SendsAndReceives) {
  HttpServer server([](const HttpCall&) {
    return HttpReply::of(203, "hello").with("X-Thing", "one").with("X-Thing", "two");
  });
  HttpHeaders headers;
  headers.add("Accept", "text/plain");
  headers.add("X-Empty", "");
  const Answer answer = get(server.url("/a?b=c"), headers);
  EXPECT_EQ(answer.response.status, 203);
  EXPECT_EQ(answer.body, "hello");
  EXPECT_EQ(answer.response.headers.find("x-thing"), "one");
  EXPECT_EQ(answer.response.headers.find("nothing"), std::nullopt);
  EXPECT_EQ(answer.response.final_url, server.url("/a?b=c"));
  const HttpCall call = server.calls().at(0);
  EXPECT_EQ(call.method, "GET");
  EXPECT_EQ(call.target, "/a?b=c");
  EXPECT_EQ(call.header("User-Agent"), "kasane/test");
  EXPECT_EQ(call.header("Accept"), "text/plain");
  EXPECT_TRUE(call.headers.find("X-Empty"));
  EXPECT_FALSE(call.headers.find("Authorization"));
}

TEST_F(HttpClientTest, SendsEveryMethod) {
  HttpServer server([](const HttpCall& call) { return HttpReply::of(200, call.method); });
  for (const char* method : {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"}) {
    HttpRequest request;
    request.method = method;
    request.url = server.url("/");
    EXPECT_EQ(send(request).body, std::string(method) == "HEAD" ? "" : method);
  }
  const auto calls = server.calls();
  EXPECT_EQ(calls[2].header("Content-Length"), "0");
  for (const HttpCall& call : calls) EXPECT_EQ(call.header("Content-Type"), "") << call.method;
  EXPECT_EQ(server.connections(), 1U);
}

TEST_F(HttpClientTest, SendsBodiesOfKnownAndUnknownSize) {
  HttpServer server([](const HttpCall& call) { return HttpReply::of(201, call.body); });
  const std::string large(300'000, 'x');
  for (const char* method : {"PUT", "POST", "PATCH"}) {
    for (const bool known : {true, false}) {
      HttpRequest request;
      request.method = method;
      request.url = server.url("/");
      request.headers.add("Content-Type", "application/octet-stream");
      request.body = [&] { return std::make_unique<StringSource>(large); };
      if (known) request.body_size = large.size();
      EXPECT_EQ(send(request).body, large) << method;
    }
  }
  EXPECT_EQ(server.calls()[0].header("Content-Length"), "300000");
  EXPECT_EQ(server.calls()[1].header("Transfer-Encoding"), "chunked");
  EXPECT_EQ(server.calls()[1].header("Content-Type"), "application/octet-stream");
  EXPECT_EQ(server.calls()[1].header("Expect"), "");
}

TEST_F(HttpClientTest, TellsOfTheHeadersBeforeTheBody) {
  HttpServer server([](const HttpCall& call) {
    return call.path() == "/old" ? HttpReply::redirect(302, "/new") : HttpReply::of(200, "body");
  });
  HttpRequest request;
  request.url = server.url("/old");
  StringSink body;
  int told = 0;
  client_->send(request, body, [&](const HttpResponse& response) {
    ++told;
    EXPECT_EQ(response.status, 200);
    EXPECT_EQ(response.final_url, server.url("/new"));
    EXPECT_EQ(body.bytes(), "");
  });
  EXPECT_EQ(told, 1);
  EXPECT_EQ(body.bytes(), "body");
}

TEST_F(HttpClientTest, CarriesOutWhatTheCallerThrows) {
  HttpServer server([](const HttpCall&) { return HttpReply::of(200, "body"); });
  class Full final : public ByteSink {
    void write(std::string_view) override { throw Error(ErrorKind::kFailed, "full"); }
  } full;
  HttpRequest request;
  request.url = server.url("/");
  StringSink body;
  for (int way = 0; way < 3; ++way) {
    try {
      if (way == 0) client_->send(request, full);
      if (way == 1) {
        client_->send(request, body,
                      [](const HttpResponse&) { throw Error(ErrorKind::kFailed, "full"); });
      }
      if (way == 2) {
        HttpRequest put = request;
        put.method = "PUT";
        put.body_size = 10;
        put.body = []() -> std::unique_ptr<ByteSource> {
          class Broken final : public ByteSource {
            std::size_t read(std::span<char>) override { throw Error(ErrorKind::kFailed, "full"); }
          };
          return std::make_unique<Broken>();
        };
        client_->send(put, body);
      }
      ADD_FAILURE() << way;
    } catch (const Error& error) {
      EXPECT_EQ(error.render(), "error: full\n") << way;
    }
  }
  EXPECT_EQ(get(server.url("/")).body, "body") << "the client is still of use";
}

TEST_F(HttpClientTest, FollowsRedirectsOfGetAndHeadOnly) {
  HttpServer server([](const HttpCall& call) {
    if (call.path() == "/end") return HttpReply::of(200, "end");
    return HttpReply::redirect(std::stoi(call.path().substr(1)), "/end");
  });
  for (const int status : {301, 302, 303, 307, 308}) {
    EXPECT_EQ(get(server.url(fmt::format("/{}", status))).body, "end");
  }
  for (const int status : {300, 304, 305}) {
    EXPECT_EQ(get(server.url(fmt::format("/{}", status))).response.status, status);
  }
  HttpRequest request;
  request.url = server.url("/307");
  request.method = "POST";
  EXPECT_EQ(send(request).response.status, 307);
  request.method = "GET";
  request.follow_redirects = false;
  EXPECT_EQ(send(request).response.status, 307);
  EXPECT_EQ(send(request).body, "moved");
}

TEST_F(HttpClientTest, StopsAfterTenRedirects) {
  HttpServer server([](const HttpCall& call) {
    const int number = std::stoi(call.path().substr(1));
    return number == 10 ? HttpReply::of(200, "end")
                        : HttpReply::redirect(302, fmt::format("/{}", number + 1));
  });
  EXPECT_EQ(get(server.url("/0")).body, "end");
  EXPECT_EQ(error_of(server.url("/-1?secret")),
            fmt::format("error: `{}/-1?***` redirects more than 10 times\n", server.url()));
}

TEST_F(HttpClientTest, FollowsNoRedirectToAFileOrAnotherProtocol) {
  HttpServer server([](const HttpCall& call) {
    const std::string to = call.target.substr(call.target.find('?') + 1);
    return HttpReply::redirect(302, to == "garbage" ? "http://[" : to);
  });
  EXPECT_EQ(error_of(server.url("/?file:///etc/passwd")),
            fmt::format("error: `{}/?***` redirects to `file:///etc/passwd`: expected `http` or "
                        "`https`\n",
                        server.url()));
  EXPECT_THAT(error_of(server.url("/?ftp://example.org/")), HasSubstr("expected `http` or"));
  EXPECT_THAT(error_of(server.url("/?garbage")), HasSubstr("redirects to what is no URL"));
}

TEST(HttpRedirect, NeverLeavesEncryption) {
  const Url from = Url::parse("https://example.org/a?secret");
  EXPECT_NO_THROW(check_redirect(from, Url::parse("https://other.org/")));
  EXPECT_NO_THROW(check_redirect(Url::parse("http://example.org/"), from));
  try {
    check_redirect(from, Url::parse("http://example.org/b?secret"));
    ADD_FAILURE();
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::kNetwork);
    EXPECT_EQ(error.message(),
              "`https://example.org/a?***` redirects to `http://example.org/b?***`: a redirect "
              "from `https` to `http` is not followed");
  }
}

TEST_F(HttpClientTest, KeepsSecretsFromOtherHosts) {
  HttpServer other([](const HttpCall&) { return HttpReply::of(200, "other"); });
  HttpServer server([&](const HttpCall& call) {
    if (call.path() == "/same") return HttpReply::redirect(302, "/end");
    if (call.path() == "/end") return HttpReply::of(200, "same");
    return HttpReply::redirect(307, fmt::format("http://me:word@127.0.0.1:{}/x", other.port()));
  });
  HttpHeaders headers;
  headers.add("authorization", "Bearer secret");
  headers.add("Cookie", "secret");
  headers.add("Accept", "thing");
  EXPECT_EQ(get(server.url("/same"), headers).body, "same");
  EXPECT_EQ(server.calls()[1].header("Authorization"), "Bearer secret");
  EXPECT_EQ(get(server.url("/away"), headers).body, "other");
  const HttpCall call = other.calls().at(0);
  EXPECT_EQ(call.header("Authorization"), "");
  EXPECT_EQ(call.header("Cookie"), "");
  EXPECT_EQ(call.header("Accept"), "thing");
}

TEST_F(HttpClientTest, NamesTheUrlWithoutItsSecretsWhenATransferBreaks) {
  HttpServer server([](const HttpCall& call) {
    HttpReply reply = HttpReply::of(200, std::string(1000, 'x'));
    if (call.path() == "/reset") reply.reset_after = 500;
    if (call.path() == "/short") reply.declared_size = 2000, reply.close_after = 1000;
    if (call.path() == "/cut") reply.chunked = true, reply.close_after = 400;
    return reply;
  });
  EXPECT_EQ(error_of(server.url("/reset?sig=secret")),
            fmt::format("error: cannot GET `{}/reset?***`: Recv failure: Connection reset by "
                        "peer\n",
                        server.url()));
  EXPECT_EQ(error_of(server.url("/short")),
            fmt::format("error: cannot GET `{}/short`: transfer closed with 1000 bytes remaining "
                        "to read\n",
                        server.url()));
  EXPECT_THAT(error_of(server.url("/cut")), HasSubstr("transfer closed with outstanding read"));
  EXPECT_EQ(get(server.url("/")).body.size(), 1000U);
}

TEST_F(HttpClientTest, HintsAtWhatToDo) {
  std::uint16_t port = 0;
  {
    port = HttpServer([](const HttpCall&) { return HttpReply(); }).port();
  }
  const std::string text = error_of(fmt::format("http://127.0.0.1:{}/x", port));
  EXPECT_THAT(text, HasSubstr(fmt::format("error: cannot GET `http://127.0.0.1:{}/x`: Failed to "
                                          "connect to 127.0.0.1 port {}",
                                          port, port)));
  EXPECT_THAT(text, HasSubstr("hint: check that the server can be reached from here; behind a "
                              "proxy, set `HTTPS_PROXY`\n"));
}

TEST_F(HttpClientTest, GivesUpOnASilentServer) {
  HttpServer server([](const HttpCall&) {
    HttpReply reply = HttpReply::of(200, "late");
    reply.delay = std::chrono::seconds(60);
    return reply;
  });
  HttpRequest request;
  request.url = server.url("/");
  request.stall_timeout = std::chrono::milliseconds(1000);
  try {
    send(request);
    ADD_FAILURE();
  } catch (const Error& error) {
    EXPECT_THAT(error.message(), HasSubstr("Operation too slow"));
    EXPECT_EQ(error.hint_text(), "try again; the server or the network is slow");
  }
}

TEST_F(HttpClientTest, RefusesCredentialsInAUrlAndLinesInAHeader) {
  try {
    get("http://user:secret@127.0.0.1:1/x?y");
    ADD_FAILURE();
  } catch (const Error& error) {
    EXPECT_EQ(error.render(),
              "error: expected no user and password in the URL `http://127.0.0.1:1/x?***`\n");
  }
  HttpHeaders headers;
  headers.add("X-Thing", "a\r\nX-Other: b");
  EXPECT_THROW(get("http://127.0.0.1:1/", headers), Error);
  EXPECT_THROW(get("ftp://127.0.0.1:1/"), Error);
}

TEST_F(HttpClientTest, ServesManyThreadsOverFewConnections) {
  HttpServer server([](const HttpCall& call) { return HttpReply::of(200, call.target); });
  {
    std::vector<std::jthread> threads;
    for (int t = 0; t < 8; ++t) {
      threads.emplace_back([&, t] {
        for (int i = 0; i < 20; ++i) {
          const std::string target = fmt::format("/{}/{}", t, i);
          EXPECT_EQ(get(server.url(target)).body, target);
        }
      });
    }
  }
  EXPECT_EQ(server.calls().size(), 160U);
  EXPECT_LE(server.connections(), 8U);
}

TEST_F(HttpClientTest, ReadsLocalFilesAsAServerWouldGiveThem) {
  std::string name = (std::filesystem::temp_directory_path() / "kasane-test-XXXXXX").native();
  ASSERT_NE(::mkdtemp(name.data()), nullptr);
  const Path directory = name;
  PosixFileSystem files;
  files.create_file(directory / "a b")->write("0123456789");
  const std::string url = "file://" + name + "/a%20b";
  const Answer whole = get(url);
  EXPECT_EQ(whole.response.status, 200);
  EXPECT_EQ(whole.response.headers.find("content-length"), "10");
  EXPECT_EQ(whole.body, "0123456789");
  const struct {
    const char* range;
    int status;
    const char* body;
    const char* content_range;
  } cases[] = {
      {"bytes=4-", 206, "456789", "bytes 4-9/10"}, {"bytes=0-0", 206, "0", "bytes 0-0/10"},
      {"bytes=-3", 206, "789", "bytes 7-9/10"},    {"bytes=8-99", 206, "89", "bytes 8-9/10"},
      {"bytes=10-", 416, "", "bytes */10"},        {"bytes=5-2", 200, "0123456789", ""},
      {"bytes=x-", 200, "0123456789", ""},         {"lines=1-", 200, "0123456789", ""},
  };
  for (const auto& expected : cases) {
    SCOPED_TRACE(expected.range);
    HttpHeaders headers;
    headers.add("Range", expected.range);
    const Answer answer = get(url, headers);
    EXPECT_EQ(answer.response.status, expected.status);
    EXPECT_EQ(answer.body, expected.body);
    EXPECT_EQ(answer.response.headers.find("Content-Range").value_or(""), expected.content_range);
  }
  EXPECT_EQ(get("file://" + name + "/other").response.status, 404);
  EXPECT_EQ(get("file://" + name).response.status, 404);
  HttpRequest request;
  request.url = url;
  request.method = "HEAD";
  EXPECT_THAT(send(request).body, IsEmpty());
  request.method = "PUT";
  EXPECT_THROW(send(request), Error);
  files.remove_all(directory);
}

}  // namespace
}  // namespace kasane
