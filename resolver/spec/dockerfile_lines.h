#pragma once

#include <string>
#include <vector>

#include "resolver/spec/joined_line.h"
#include "resolver/spec/spec_text.h"

namespace kasane::resolver {

/// One instruction of a Dockerfile: continued lines joined, comments within gone.
struct DockerInstruction {
  /// In upper case.
  std::string name;
  /// All after the name, as it stands.
  std::string arguments;
  /// Where `arguments` begins in `line`.
  std::size_t offset = 0;
  JoinedLine line;

  /// Of a part of `arguments`.
  SourcePlace place(std::size_t begin, std::size_t length) const {
    return line.place(offset + begin, length);
  }
  /// Of the name and what follows it on its first line.
  SourcePlace place() const;
};

/// The instructions of a Dockerfile (Docker, "Dockerfile reference", format). Borrowed: `text`.
std::vector<DockerInstruction> split_dockerfile(const SpecText& text);

/// Whether a text is a Dockerfile: its first instruction is `FROM` or `ARG`.
bool is_dockerfile(const SpecText& text);

}  // namespace kasane::resolver
