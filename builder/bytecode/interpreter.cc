#include "builder/bytecode/interpreter.h"

#include <algorithm>

#include <fmt/format.h>

#include "base/archive/entry_path.h"
#include "base/error.h"
#include "builder/bytecode/driver.h"
#include "builder/bytecode/marshal.h"

namespace kasane::builder {
namespace {

constexpr std::uint32_t kNothing = 0xFFFFFFFF;
constexpr std::uint32_t kPycLimit = std::uint32_t{1} << 30;

void append(std::string& out, std::uint32_t value) {
  for (int shift = 0; shift < 32; shift += 8) out += static_cast<char>(value >> shift);
}

/// The last line that is not empty: what Python says at the end of a traceback.
std::string last_line(std::string_view text) {
  const std::size_t end = text.find_last_not_of("\r\n ");
  if (end == std::string_view::npos) return {};
  text = text.substr(0, end + 1);
  const std::size_t newline = text.rfind('\n');
  return printable_name(newline == std::string_view::npos ? text : text.substr(newline + 1));
}

}  // namespace

Interpreter Interpreter::start(CommandRunner& runner, const InterpreterCommand& command,
                               const PythonMinor& expected) {
  Command spawned;
  // -E and -I would make it ignore PYTHONHASHSEED. Nothing of the caller's environment is there.
  spawned.arguments = {command.program, "-S", "-s",     "-B", "-X",
                       "utf8",          "-W", "ignore", "-c", std::string(driver_program())};
  spawned.environment = command.environment;
  spawned.environment.emplace_back("PYTHONHASHSEED", "0");
  spawned.environment.emplace_back("LC_ALL", "C.UTF-8");
  Interpreter interpreter(runner.start(spawned), command.program, expected);
  interpreter.check_greeting();
  return interpreter;
}

void Interpreter::check_greeting() {
  const std::string magic = read(4);
  const std::uint32_t minor = read_number();
  const std::string hash = read(8);
  if (minor != static_cast<std::uint32_t>(python_.number())) {
    throw Error(ErrorKind::kFailed, fmt::format("`{}` is Python 3.{}, expected 3.{}", program_,
                                                minor, python_.number()));
  }
  PycHeader header;
  header.magic = static_cast<std::uint16_t>(static_cast<unsigned char>(magic[0]) |
                                            static_cast<unsigned char>(magic[1]) << 8);
  if (header.magic != python_.magic()) {
    throw Error(ErrorKind::kFailed, fmt::format("`{}` makes byte-code of the unreleased form {}",
                                                program_, header.magic));
  }
  SourceHasher hasher(python_, header.magic);
  hasher.update("kasane");
  const SourceHash known = hasher.finish();
  if (!std::equal(known.begin(), known.end(), hash.begin(),
                  [](std::uint8_t a, char b) { return a == static_cast<unsigned char>(b); })) {
    throw Error(ErrorKind::kFailed,
                fmt::format("`{}` hashes sources in a way of its own", program_));
  }
}

std::vector<std::optional<std::string>> Interpreter::compile(
    std::span<const PythonSource> sources) {
  std::string head;
  append(head, static_cast<std::uint32_t>(sources.size()));
  for (const PythonSource& source : sources) {
    append(head, static_cast<std::uint32_t>(source.path.size()));
    head += source.path;
    append(head, static_cast<std::uint32_t>(source.content.size()));
    process_->write(head);
    process_->write(source.content);
    head.clear();
  }
  std::vector<std::optional<std::string>> pycs;
  for (std::size_t i = 0; i < sources.size(); ++i) {
    const std::uint32_t size = read_number();
    if (size == kNothing) {
      pycs.emplace_back();
    } else if (size < PycHeader::kSize || size > kPycLimit) {
      throw Error(ErrorKind::kFailed, fmt::format("`{}` gave a pyc of {} bytes", program_, size));
    } else {
      std::string pyc = read(size);
      std::string code = pyc.substr(PycHeader::kSize);
      if (!canonicalise_marshal(code, python_)) {
        throw Error(ErrorKind::kFailed,
                    fmt::format("`{}` writes code in an unknown form", program_));
      }
      pycs.emplace_back(pyc.replace(PycHeader::kSize, std::string::npos, code));
    }
  }
  return pycs;
}

std::string Interpreter::read(std::size_t size) {
  std::string bytes(size, '\0');
  std::size_t done = 0;
  while (done < size) {
    const std::size_t count = process_->read(bytes.data() + done, size - done);
    if (count == 0) {
      const int code = process_->wait();
      const std::string said = last_line(process_->error_output());
      throw Error(ErrorKind::kFailed, fmt::format("`{}` ended with {}{}{}", program_, code,
                                                  said.empty() ? "" : ": ", said));
    }
    done += count;
  }
  return bytes;
}

std::uint32_t Interpreter::read_number() {
  const std::string bytes = read(4);
  std::uint32_t value = 0;
  for (std::size_t i = 4; i-- > 0;) value = value << 8 | static_cast<unsigned char>(bytes[i]);
  return value;
}

}  // namespace kasane::builder
