#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/digest.h"
#include "base/error.h"
#include "base/file_system.h"
#include "base/warning.h"

namespace kasane::resolver {

/// One thing that a person asked for, as it was written but for comments and space around it.
/// `text` may hold the credentials of a URL; `place` does not.
struct Requirement {
  std::string text;
  SourcePlace place;
};

/// What the options of requirements files say, over all files that were read, in their order.
/// URLs may hold credentials.
struct PipOptions {
  std::optional<std::string> index_url;
  std::vector<std::string> extra_index_urls;
  /// URLs, and paths that need no directory of a file any more.
  std::vector<std::string> find_links;
  /// Names, `:all:` or `:none:`.
  std::vector<std::string> only_binary;
  std::vector<std::string> no_binary;
  std::vector<std::string> trusted_hosts;
  bool no_index = false;
  bool pre = false;
  bool prefer_binary = false;
  bool require_hashes = false;
};

/// One requirement for pip: a PEP 508 requirement, a URL, a path to a wheel or a source directory.
/// A path is relative to the directory of `place.file`. `${NAME}` is replaced.
struct PipRequirement : Requirement {
  /// `-e`: a source that is to be installed in place.
  bool editable = false;
  /// `--hash` options, as `sha256:HEX` (or sha384, sha512), in lower case.
  std::vector<std::string> hashes;
};

/// What a person wants in an environment, whatever file it was read from. Conda requirements are
/// valid MatchSpecs and pip requirements have the form of one, but none is taken apart yet: what
/// understands them reports with their places. That pip requirements need `pip` and `python`, and
/// `python` a version, is for who resolves.
struct EnvironmentSpec {
  std::optional<std::string> name;
  /// What the file is: `conda-environment`, `requirements`, …, as `kasane spec` prints it
  /// (docs/specifications.md has them all); `merged` where several files were.
  std::string kind;
  /// A reference of the image to build over, where the file says.
  std::optional<Requirement> base_image;
  /// In order; `nodefaults` among them where it was written.
  std::vector<Requirement> channels;
  /// MatchSpecs.
  std::vector<Requirement> conda;
  std::vector<PipRequirement> pip;
  /// Of `-c` files.
  std::vector<PipRequirement> constraints;
  PipOptions pip_options;
  /// For the image's environment.
  std::map<std::string, std::string> variables;
  /// The Python that is asked for beside the requirements (`requires-python`, `python_version`): a
  /// version specifier that PEP 440 and conda read alike, as `>=3.9,<3.12` or `3.10.*`.
  std::optional<Requirement> python;
  /// conda platforms for which the file says that it is; empty for all.
  std::vector<std::string> platforms;
  /// The files that were read, the first one first, as their paths were given.
  std::vector<std::string> sources;
  /// Environments that the file names but does not hold, such as `azureml:NAME:VERSION`.
  std::vector<Requirement> references;
  /// Where a file holds several environments: each of them, `name` being where in the file. The
  /// rest of this specification is then empty.
  std::vector<EnvironmentSpec> environments;
  /// Of a lock: the SHA-256 of its text with line ends as LF. There are no requirements then.
  std::optional<Digest> lock;
  /// What was seen and not taken up.
  Warnings warnings;
};

/// What reading a specification needs to know of the world.
struct SpecReading {
  FileSystem& files;
  /// The platform that `sel(...)` keys and selectors choose by.
  std::string platform = "linux-64";
  /// For `${NAME}` in requirements files.
  std::function<std::optional<std::string>(const std::string& name)> find_variable;
  /// For `{{NAME}}` in templates.
  std::map<std::string, std::string> settings;
  /// Extras and dependency groups of a `pyproject.toml` to take.
  std::set<std::string> extras;
  std::set<std::string> groups;
};

/// Reads the specification at `path`, recognised by content, with all files that it names. Errors
/// point at the place; a file that is no specification is refused and says what was found.
EnvironmentSpec read_environment_spec(const Path& path, const SpecReading& reading);

/// Several specifications for one environment: requirements, constraints, channels and options
/// follow each other in the order of `specs`, and all hold. What there can be only one of (base
/// image, index URL, the value of a variable) must be the same wherever it is said; the first name
/// counts. A lock, and a file of several environments, cannot be merged.
EnvironmentSpec merge_specs(std::span<const EnvironmentSpec> specs);

/// The SHA-256, in hex, of what the specification means: independent of the order of keys and
/// dependencies, of the spelling of names, of quotes and line ends, and of the specification's
/// name.
std::string canonical_digest(const EnvironmentSpec& spec);

}  // namespace kasane::resolver
