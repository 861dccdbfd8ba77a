#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "registry/image_source.h"

namespace kasane::builder {

/// What a build must know of the image that it builds on. A value, and a function of the image's
/// layers and of the prefix alone, so that it can be kept under their digests.
struct BaseFacts {
  struct DirectoryFacts {
    std::uint32_t mode = 0755;
    std::uint64_t user_id = 0;
    std::uint64_t group_id = 0;
    std::int64_t mtime = 0;
    /// Where it really is, when a symbolic link of the image leads there; the path itself
    /// otherwise.
    std::string real_path;
    bool operator==(const DirectoryFacts&) const = default;
  };

  /// Those of `root`, `root/.conda`, `azureml-envs`, `etc` and of the prefix and its parents that
  /// are there, by path from the image's root.
  std::map<std::string, DirectoryFacts> directories;
  /// The prefix is there as something other than a directory, or something lies in it.
  bool prefix_in_use = false;
  /// Content of `root/.conda/environments.txt` and `etc/os-release`, links followed.
  std::optional<std::string> environments_text;
  std::optional<std::string> os_release_text;

  /// One line of JSON and back: parse(render(x)) == x. What cannot be read is an Error of kind
  /// kIntegrity. The texts need not be UTF-8.
  std::string render() const;
  static BaseFacts parse(std::string_view json);
  bool operator==(const BaseFacts&) const = default;
};

/// Reads all layers once. `prefix` is relative to the image's root: `azureml-envs/kasane`. Either
/// text of more than 1 MiB is an Error of kind kRefused.
BaseFacts read_base_facts(const registry::ImageSource& image, std::string_view prefix);

}  // namespace kasane::builder
