#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/file_system.h"
#include "resolver/spec/dockerfile_lines.h"

namespace kasane::resolver {

/// What a Dockerfile copies, and where it lies in the image then. Borrows the files.
class CopiedFiles {
 public:
  CopiedFiles(FileSystem& files, Path context) : files_(files), context_(std::move(context)) {}

  /// Takes up a `COPY` or `ADD`; what is not a copy from the context is refused.
  void add(const DockerInstruction& instruction, const std::string& arguments,
           const std::string& working_directory);
  /// The file of the context that lies at `path` of the image now, and that is there.
  std::optional<Path> find(const std::string& path, const std::string& working_directory);
  /// Whether `path` of the image is, or is below, something that was copied.
  bool covers(const std::string& path, const std::string& working_directory) const;

  struct Copy {
    SourcePlace place;
    std::string source;
    /// Absolute, in the image.
    std::string target;
    bool is_directory = false;
    bool was_used = false;
  };
  const std::vector<Copy>& copies() const { return copies_; }

 private:
  void add_one(const DockerInstruction& instruction, const std::string& source,
               const std::string& target, bool into);

  FileSystem& files_;
  Path context_;
  std::vector<Copy> copies_;
};

/// `path` as an absolute one of the image.
std::string image_path(const std::string& path, const std::string& working_directory);

}  // namespace kasane::resolver
