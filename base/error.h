#pragma once

#include <exception>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace kasane {

/// What a caller may branch on; each kind is one exit code of the program.
enum class ErrorKind {
  kFailed = 1,
  kUsage = 2,
  kUnsatisfiable = 3,
  kNetwork = 4,
  kIntegrity = 5,
  kRefused = 6,
};

/// A place in a file that a person wrote. Lines and columns count from 1; 0 is unknown.
struct SourcePlace {
  std::string file;
  int line = 0;
  int column = 0;
  /// The line itself, shown below the message; empty when there is nothing to show.
  std::string text;
  /// How many characters the carets underline.
  int length = 1;
};

/// The one exception type. `message` says what was expected and what was found; each boundary that
/// an error crosses adds one line of context; the hint is the command or the edit that mends it.
class Error : public std::exception {
 public:
  Error(ErrorKind kind, std::string message) : kind_(kind), message_(std::move(message)) {}

  Error&& context(std::string line) &&;
  Error&& hint(std::string text) &&;
  Error&& at(SourcePlace place) &&;
  void add_context(std::string line) { context_.push_back(std::move(line)); }

  ErrorKind kind() const { return kind_; }
  const std::string& message() const { return message_; }
  const std::vector<std::string>& contexts() const { return context_; }
  const std::string& hint_text() const { return hint_; }
  const SourcePlace& place() const { return place_; }
  const char* what() const noexcept override { return message_.c_str(); }

  /// The whole error as people see it, ending in a newline.
  std::string render() const;

 private:
  ErrorKind kind_;
  std::string message_;
  std::vector<std::string> context_;
  std::string hint_;
  SourcePlace place_;
};

/// Runs `body`; an Error that leaves it carries `line()` as one more line of context.
template <class Line, class Body>
decltype(auto) in_context(Line&& line, Body&& body) {
  try {
    return std::forward<Body>(body)();
  } catch (Error& error) {
    error.add_context(std::forward<Line>(line)());
    throw;
  }
}

/// The error for a failed system call: `what` and the text of errno.
Error system_error(std::string_view what);

}  // namespace kasane
