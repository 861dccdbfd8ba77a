#include "builder/bytecode/byte_compiler.h"

#include <algorithm>

#include "base/error.h"
#include "base/parallel.h"

namespace kasane::builder {
namespace {

constexpr std::size_t kChunkFiles = 32;
constexpr std::size_t kChunkBytes = std::size_t{1} << 20;

/// Cuts `sources` into runs of a bounded number of files and bytes.
std::vector<std::pair<std::size_t, std::size_t>> chunks_of(std::span<const PythonSource> sources) {
  std::vector<std::pair<std::size_t, std::size_t>> chunks;
  std::size_t begin = 0;
  std::size_t bytes = 0;
  for (std::size_t i = 0; i < sources.size(); ++i) {
    bytes += sources[i].content.size();
    if (i + 1 - begin == kChunkFiles || bytes >= kChunkBytes || i + 1 == sources.size()) {
      chunks.emplace_back(begin, i + 1);
      begin = i + 1;
      bytes = 0;
    }
  }
  return chunks;
}

}  // namespace

ByteCompiler::Start ByteCompiler::start(CommandRunner& runner, const InterpreterCommand& command,
                                        const PythonMinor& python, unsigned interpreters) {
  std::unique_ptr<ByteCompiler> compiler(
      new ByteCompiler(runner, command, python, std::max(1U, interpreters)));
  try {
    compiler->release(compiler->acquire());
  } catch (const Error& error) {
    return {nullptr, error.message()};
  }
  return {std::move(compiler), {}};
}

/// An idle interpreter or a new one; waits where the limit is reached.
std::unique_ptr<Interpreter> ByteCompiler::acquire() {
  {
    std::unique_lock lock(mutex_);
    released_.wait(lock, [&] { return !idle_.empty() || running_ < limit_; });
    ++running_;
    if (!idle_.empty()) {
      std::unique_ptr<Interpreter> interpreter = std::move(idle_.back());
      idle_.pop_back();
      return interpreter;
    }
  }
  try {
    return std::make_unique<Interpreter>(Interpreter::start(runner_, command_, python_));
  } catch (const Error&) {
    release(nullptr);
    throw;
  }
}

void ByteCompiler::release(std::unique_ptr<Interpreter> interpreter) {
  const std::lock_guard lock(mutex_);
  --running_;
  if (interpreter) idle_.push_back(std::move(interpreter));
  released_.notify_one();
}

void ByteCompiler::compile_chunk(std::span<const PythonSource> sources,
                                 std::span<std::optional<std::string>> pycs) {
  if (failure()) return;
  std::unique_ptr<Interpreter> interpreter;
  try {
    interpreter = acquire();
    std::vector<std::optional<std::string>> made = interpreter->compile(sources);
    std::move(made.begin(), made.end(), pycs.begin());
    release(std::move(interpreter));
  } catch (const Error& error) {
    if (interpreter) release(nullptr);
    const std::lock_guard lock(mutex_);
    if (!failure_) failure_ = error.message();
  }
}

std::vector<std::optional<std::string>> ByteCompiler::compile(
    std::span<const PythonSource> sources) {
  std::vector<std::optional<std::string>> pycs(sources.size());
  const auto chunks = chunks_of(sources);
  parallel_for(chunks.size(), limit_, [&](std::size_t i) {
    const std::size_t begin = chunks[i].first;
    const std::size_t count = chunks[i].second - begin;
    compile_chunk(sources.subspan(begin, count), std::span(pycs).subspan(begin, count));
  });
  return pycs;
}

std::optional<std::string> ByteCompiler::failure() const {
  const std::lock_guard lock(mutex_);
  return failure_;
}

}  // namespace kasane::builder
