#pragma once

#include <memory>
#include <string>

#include "resolver/conda/index_table.h"
#include "resolver/conda/repodata_piece.h"

namespace kasane::resolver {

/// Reads records out of JSON, tolerantly: unknown members are passed over, and so are those of
/// another type than expected. One for each thread.
class RepodataReader {
 public:
  RepodataReader();
  ~RepodataReader();
  RepodataReader(RepodataReader&&) noexcept;

  /// Adds all records of a JSON object, which are of `packages.conda` or not, by file name; those
  /// that cannot be used are left out. JSON that is not valid is an Error of kind kIntegrity.
  LeftOut read(std::string json, bool conda_format, TableBuilder& table);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace kasane::resolver
