#pragma once

#include <chrono>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/http.h"

namespace kasane::registry {

/// Names and values of a form or a query, in order.
using FormFields = std::vector<std::pair<std::string, std::string>>;

/// `application/x-www-form-urlencoded`, with nothing but unreserved characters left as they are.
std::string render_form(const FormFields& fields);
/// A POST of the form.
HttpRequest form_request(const std::string& url, const FormFields& fields);

/// What a token server may answer at most.
constexpr std::size_t kTokenAnswerLimit = std::size_t{1} << 20;
/// How long it may take to do so.
constexpr std::chrono::seconds kTokenAnswerTimeout{60};

}  // namespace kasane::registry
