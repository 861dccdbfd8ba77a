#pragma once

#include <functional>

#include "base/http.h"
#include "base/url.h"

namespace kasane {

/// Answers a request for a `file:` URL as a server would answer it.
HttpResponse send_file(const Url& url, const HttpRequest& request, ByteSink& body,
                       const std::function<void(const HttpResponse&)>& on_headers);

}  // namespace kasane
