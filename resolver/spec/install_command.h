#pragma once

#include <functional>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "resolver/spec/reading_context.h"
#include "resolver/spec/requirement_line.h"
#include "resolver/spec/shell_command.h"

namespace kasane::resolver {

/// Where a file that a command names is on this machine; an Error at the place when it is not
/// there.
using FindFile = std::function<Path(const std::string& name, const SourcePlace& place)>;

/// Files beside a file.
FindFile files_in(const Path& directory, FileSystem& files);

/// Which environment a conda command changes: what `-n` or `-p` name; empty for the one in use.
struct CondaTarget {
  std::string name;
  bool creates = false;
};

/// Takes up what `pip install` with these arguments installs. What changes more than the
/// environment's packages is an Error of kind kRefused.
void read_pip_install(std::span<const ShellWord> arguments, const FindFile& find_file,
                      ReadingContext& context);

/// Takes up what `conda [env] create|install|update` with these arguments installs, the words of
/// the command itself included, `conda` not.
CondaTarget read_conda_install(std::span<const ShellWord> words, const FindFile& find_file,
                               ReadingContext& context);

/// Takes lines for arguments of `pip install`; files lie in `directory`.
void read_pip_arguments(const std::vector<RequirementLine>& lines, const Path& directory,
                        ReadingContext& context);

}  // namespace kasane::resolver
