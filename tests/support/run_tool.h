#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "base/process.h"

namespace kasane::testing {

struct ToolResult {
  int exit_code = 0;
  std::string output;
  std::string errors;
};

/// Runs another tool of the same trade, which must be installed in /usr/bin.
inline ToolResult run_tool(std::vector<std::string> arguments) {
  arguments[0] = "/usr/bin/" + arguments[0];
  const auto runner = make_posix_command_runner();
  const auto child = runner->start({.arguments = std::move(arguments),
                                    .environment = {{"PATH", "/usr/sbin:/usr/bin:/sbin:/bin"}}});
  child->close_input();
  ToolResult out;
  char buffer[4096];
  while (const std::size_t n = child->read(buffer, sizeof buffer)) out.output.append(buffer, n);
  out.exit_code = child->wait();
  out.errors = child->error_output();
  return out;
}

inline bool has_tool(const std::string& name) {
  return std::filesystem::exists("/usr/bin/" + name);
}

}  // namespace kasane::testing
