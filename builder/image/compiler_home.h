#pragma once

#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "base/process.h"
#include "builder/bytecode/byte_compiler.h"
#include "builder/image/lock_inputs.h"
#include "builder/image/scratch_directory.h"
#include "builder/plan/image_plan.h"

namespace kasane::builder {

/// True when programs of a platform (`linux-64`) may run on this machine at all.
bool runs_here(std::string_view platform);

/// The environment's own Python, unpacked into a scratch directory and started when first asked
/// for. Its directory is removed with it. Thread-safe.
class CompilerHome {
 public:
  CompilerHome(const ImagePlan& plan, LockInputs& inputs, CommandRunner& runner, FileSystem& files,
               Path scratch, unsigned threads);

  /// nullptr when the interpreter does not run; then reason() says why.
  ByteCompiler* find();
  const std::string& reason() const { return reason_; }

 private:
  void start();
  std::vector<std::size_t> interpreter_packages() const;

  const ImagePlan& plan_;
  LockInputs& inputs_;
  CommandRunner& runner_;
  FileSystem& files_;
  Path scratch_;
  unsigned threads_;
  std::once_flag once_;
  std::optional<ScratchDirectory> directory_;
  std::unique_ptr<ByteCompiler> compiler_;
  std::string reason_;
};

}  // namespace kasane::builder
