#pragma once

#include <functional>
#include <string>

#include <fmt/format.h>

#include "base/error.h"
#include "resolver/lock/lock.h"

namespace kasane::resolver {

inline const std::string kSha(64, 'a');
inline const std::string kMd5(32, 'b');

/// A `conda-lock.yml` for linux-64 with these items of `package`, each a block of lines.
inline std::string lock_with(const std::string& items) {
  return "version: 1\nmetadata:\n  content_hash:\n    linux-64: 0011\n  channels:\n"
         "  - url: conda-forge\n    used_env_vars: []\n  platforms:\n  - linux-64\n"
         "  sources:\n  - environment.yml\npackage:\n" +
         items;
}

/// One item with all that is needed; `more` are further lines of it, indented by two.
inline std::string item(const std::string& name, const std::string& version = "'1.0'",
                        const std::string& more = "") {
  return fmt::format(
      "- name: {0}\n  version: {1}\n  manager: conda\n  platform: linux-64\n"
      "  url: https://c.example/conda-forge/noarch/{0}-1.0-h1_0.conda\n"
      "  hash:\n    sha256: {2}\n{3}",
      name, version, kSha, more);
}

inline std::string render_error(const std::function<void()>& body) {
  try {
    body();
  } catch (const Error& error) {
    return error.render();
  }
  return "no error";
}

inline std::string read_error(const std::string& text, const LockSelection& selection = {}) {
  return render_error([&] { read_lock(text, "x.yml", selection); });
}

}  // namespace kasane::resolver
