#pragma once

#include <map>
#include <optional>
#include <string>

#include "resolver/spec/copied_files.h"
#include "resolver/spec/install_command.h"
#include "resolver/spec/reading_context.h"
#include "resolver/spec/shell_command.h"

namespace kasane::resolver {

/// Takes up the commands of a Dockerfile's `RUN` instructions, one after another. Borrows both.
class DockerRun {
 public:
  DockerRun(ReadingContext& context, CopiedFiles& copied) : context_(context), copied_(copied) {}

  /// `variables` are those that `ARG` and `ENV` have set so far.
  void run(const DockerInstruction& instruction,
           const std::map<std::string, std::string>& variables,
           const std::string& working_directory);
  /// What is to be said once all is read.
  void finish();

 private:
  void run_script(const ShellScript& script, const std::map<std::string, std::string>& variables);
  void run_command(const ShellCommand& command);
  void run_words(std::span<const ShellWord> words, const std::string& target);
  void run_conda(std::span<const ShellWord> words);
  void run_conda_inner(std::span<const ShellWord> words);
  void run_pip(std::span<const ShellWord> words, const std::string& target);
  void run_python(std::span<const ShellWord> words, const std::string& target);
  void run_apt(std::span<const ShellWord> words) const;
  void run_rm(std::span<const ShellWord> words) const;
  void install_into(const std::string& target, const SourcePlace& place, bool creates);
  FindFile find_file();

  ReadingContext& context_;
  CopiedFiles& copied_;
  std::string directory_ = "/";
  /// The environment that was made, by name or path.
  std::optional<std::string> created_;
  /// The first install that went into an environment of the base image.
  std::optional<SourcePlace> base_install_;
};

}  // namespace kasane::resolver
