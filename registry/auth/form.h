#pragma once

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

/// Collects a small answer; one larger than 1 MiB is an Error of kind kRefused that names `who`.
class SmallAnswer final : public ByteSink {
 public:
  explicit SmallAnswer(std::string who) : who_(std::move(who)) {}
  void write(std::string_view bytes) override;
  std::string take() { return std::move(text_); }

 private:
  std::string who_;
  std::string text_;
};

}  // namespace kasane::registry
