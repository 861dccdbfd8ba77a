#pragma once

#include <set>
#include <string>
#include <utility>

#include "base/error.h"
#include "builder/package/package.h"
#include "tests/support/memory_file.h"
#include "tests/support/recording_entry_sink.h"

namespace kasane::test {

/// Where tests install to, when it does not matter.
inline builder::InstallTarget some_target() {
  return {.prefix = "/azureml-envs/kasane",
          .python = builder::PythonLayout{.version = "3.12",
                                          .site_packages = "lib/python3.12/site-packages"}};
}

/// A package that was read and installed from memory.
struct InstalledPackage {
  builder::PackageFacts facts;
  builder::PackageOrigin origin;
  RecordingEntrySink sink;
  Warnings warnings;

  const RecordingEntrySink::Recorded& at(const std::string& path) const { return sink.at(path); }
};

inline builder::PackageOrigin some_origin(const builder::PackageFacts& facts,
                                          const std::string& file_name) {
  return {.name = facts.name,
          .version = facts.version,
          .build = facts.build,
          .url = "https://conda.example/channel/linux-64/" + file_name,
          .sha256 = Digest::of(file_name),
          .size_bytes = 4711,
          .md5 = {}};
}

inline InstalledPackage install_package(const std::string& bytes, const std::string& file_name,
                                        const builder::InstallTarget& target = some_target(),
                                        const std::set<std::string>& excluded = {}) {
  const testing::MemoryFile file(bytes);
  const auto package = builder::open_package(file, file_name);
  builder::PackageFacts facts = package->read_facts();
  InstalledPackage out{
      .facts = facts, .origin = some_origin(facts, file_name), .sink = {}, .warnings = {}};
  out.warnings = package->install(facts, out.origin, target, excluded, out.sink);
  return out;
}

/// The Error with which reading or installing the package ends.
inline Error installation_error(const std::string& bytes, const std::string& file_name,
                                const builder::InstallTarget& target = some_target()) {
  try {
    install_package(bytes, file_name, target);
  } catch (const Error& error) {
    return error;
  }
  return Error(ErrorKind::kFailed, "no error");
}

}  // namespace kasane::test
