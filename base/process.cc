#include "base/process.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <optional>

#include <fmt/format.h>

#include "base/error.h"

namespace kasane {
namespace {

constexpr std::size_t kErrorLimit = std::size_t{64} << 10;

/// A file descriptor that closes itself.
class Descriptor {
 public:
  Descriptor() = default;
  explicit Descriptor(int number) : number_(number) {}
  Descriptor(Descriptor&& other) noexcept : number_(std::exchange(other.number_, -1)) {}
  Descriptor& operator=(Descriptor&& other) noexcept {
    std::swap(number_, other.number_);
    return *this;
  }
  ~Descriptor() { close(); }
  void close() {
    if (number_ >= 0) ::close(number_);
    number_ = -1;
  }
  int get() const { return number_; }
  bool is_open() const { return number_ >= 0; }

 private:
  int number_ = -1;
};

struct Pipe {
  Descriptor reader;
  Descriptor writer;
};

Pipe make_pipe() {
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) throw system_error("cannot make a pipe");
  return {Descriptor(ends[0]), Descriptor(ends[1])};
}

void set_nonblocking(const Descriptor& descriptor) {
  const int flags = ::fcntl(descriptor.get(), F_GETFL);
  if (flags < 0 || ::fcntl(descriptor.get(), F_SETFL, flags | O_NONBLOCK) != 0) {
    throw system_error("cannot set up a pipe");
  }
}

/// Keeps this thread from SIGPIPE while it lives, and swallows one that came meanwhile.
class SigpipeBlock {
 public:
  SigpipeBlock() {
    sigset_t pending;
    sigpending(&pending);
    was_pending_ = sigismember(&pending, SIGPIPE) == 1;
    sigemptyset(&sigpipe_);
    sigaddset(&sigpipe_, SIGPIPE);
    pthread_sigmask(SIG_BLOCK, &sigpipe_, &before_);
  }
  SigpipeBlock(const SigpipeBlock&) = delete;
  SigpipeBlock& operator=(const SigpipeBlock&) = delete;
  ~SigpipeBlock() {
    if (!was_pending_) {
      const timespec now{};
      while (sigtimedwait(&sigpipe_, nullptr, &now) < 0 && errno == EINTR) {
      }
    }
    pthread_sigmask(SIG_SETMASK, &before_, nullptr);
  }

 private:
  sigset_t sigpipe_;
  sigset_t before_;
  bool was_pending_ = false;
};

class PosixChildProcess final : public ChildProcess {
 public:
  PosixChildProcess(std::string program, pid_t pid, Descriptor input, Descriptor output,
                    Descriptor error)
      : program_(std::move(program)),
        pid_(pid),
        input_(std::move(input)),
        output_(std::move(output)),
        error_(std::move(error)) {
    set_nonblocking(input_);
    set_nonblocking(output_);
    set_nonblocking(error_);
  }

  PosixChildProcess(const PosixChildProcess&) = delete;
  PosixChildProcess& operator=(const PosixChildProcess&) = delete;

  ~PosixChildProcess() override {
    if (code_) return;
    // The child leads a process group, so what it has started ends with it.
    ::kill(-pid_, SIGKILL);
    reap(0);
  }

  void write(std::string_view bytes) override {
    const SigpipeBlock block;
    while (!bytes.empty()) {
      if (!input_.is_open()) throw Error(ErrorKind::kFailed, ended_message());
      const ssize_t count = ::write(input_.get(), bytes.data(), bytes.size());
      if (count >= 0) {
        bytes.remove_prefix(static_cast<std::size_t>(count));
      } else if (errno == EAGAIN) {
        await(true);
      } else if (errno == EPIPE) {
        input_.close();
      } else if (errno != EINTR) {
        throw system_error(fmt::format("cannot write to `{}`", program_));
      }
    }
  }

  void close_input() override { input_.close(); }

  std::size_t read(char* buffer, std::size_t size) override {
    if (size == 0) return 0;
    while (ahead_.empty() && output_.is_open()) {
      const ssize_t count = ::read(output_.get(), buffer, size);
      if (count > 0) return static_cast<std::size_t>(count);
      if (count == 0) {
        output_.close();
      } else if (errno == EAGAIN) {
        await(false);
      } else if (errno != EINTR) {
        throw system_error(fmt::format("cannot read from `{}`", program_));
      }
    }
    const std::size_t count = std::min(size, ahead_.size());
    std::memcpy(buffer, ahead_.data(), count);
    ahead_.erase(0, count);
    return count;
  }

  int wait() override {
    input_.close();
    if (!code_) await_end();
    drain(error_, [this](std::string_view bytes) { keep_error(bytes); });
    return *code_;
  }

  std::string error_output() override {
    drain(error_, [this](std::string_view bytes) { keep_error(bytes); });
    return errors_.substr(errors_.size() - std::min(errors_.size(), kErrorLimit));
  }

 private:
  std::string ended_message() const {
    return fmt::format("`{}` does not read its input any more", program_);
  }

  /// Waits until the child takes input (when `for_write`) or gives output, and meanwhile takes what
  /// it writes elsewhere, so that neither side waits for the other.
  void await(bool for_write) {
    std::array<pollfd, 3> polls{pollfd{error_.get(), POLLIN, 0}, pollfd{output_.get(), POLLIN, 0},
                                pollfd{for_write ? input_.get() : -1, POLLOUT, 0}};
    if (::poll(polls.data(), polls.size(), -1) < 0 && errno != EINTR) {
      throw system_error("cannot poll");
    }
    if (polls[0].revents != 0) {
      drain(error_, [this](std::string_view bytes) { keep_error(bytes); });
    }
    if (for_write && polls[1].revents != 0) {
      drain(output_, [this](std::string_view bytes) { ahead_.append(bytes); });
    }
  }

  /// Reads until the child has ended; a pipe that its own children keep open does not hold us up.
  void await_end() {
    const Descriptor ended(static_cast<int>(::syscall(SYS_pidfd_open, pid_, 0)));
    while (ended.is_open()) {
      std::array<pollfd, 3> polls{pollfd{error_.get(), POLLIN, 0}, pollfd{output_.get(), POLLIN, 0},
                                  pollfd{ended.get(), POLLIN, 0}};
      if (::poll(polls.data(), polls.size(), -1) < 0 && errno != EINTR) {
        throw system_error("cannot poll");
      }
      drain(error_, [this](std::string_view bytes) { keep_error(bytes); });
      drain(output_, [this](std::string_view bytes) { ahead_.append(bytes); });
      if (reap(WNOHANG)) return;
    }
    reap(0);
  }

  bool reap(int options) {
    int status = 0;
    pid_t result = 0;
    do {
      result = ::waitpid(pid_, &status, options);
    } while (result < 0 && errno == EINTR);
    if (result == 0) return false;
    code_ = result < 0 ? 127 : WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
    return true;
  }

  /// Takes what `from` has now; closes it at its end.
  template <class Take>
  static void drain(Descriptor& from, const Take& take) {
    std::array<char, 16384> buffer;
    while (from.is_open()) {
      const ssize_t count = ::read(from.get(), buffer.data(), buffer.size());
      if (count > 0) {
        take(std::string_view(buffer.data(), static_cast<std::size_t>(count)));
      } else if (count == 0) {
        from.close();
      } else if (errno != EINTR) {
        return;
      }
    }
  }

  void keep_error(std::string_view bytes) {
    errors_.append(bytes);
    if (errors_.size() > 2 * kErrorLimit) errors_.erase(0, errors_.size() - kErrorLimit);
  }

  std::string program_;
  pid_t pid_;
  Descriptor input_;
  Descriptor output_;
  Descriptor error_;
  std::string ahead_;
  std::string errors_;
  std::optional<int> code_;
};

/// The parts of a posix_spawn call that have to be freed.
class SpawnSettings {
 public:
  SpawnSettings() {
    posix_spawn_file_actions_init(&actions_);
    posix_spawnattr_init(&attributes_);
    sigset_t all;
    sigfillset(&all);
    sigset_t none;
    sigemptyset(&none);
    posix_spawnattr_setsigdefault(&attributes_, &all);
    posix_spawnattr_setsigmask(&attributes_, &none);
    posix_spawnattr_setpgroup(&attributes_, 0);
    posix_spawnattr_setflags(
        &attributes_, POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETPGROUP);
  }
  SpawnSettings(const SpawnSettings&) = delete;
  SpawnSettings& operator=(const SpawnSettings&) = delete;
  ~SpawnSettings() {
    posix_spawn_file_actions_destroy(&actions_);
    posix_spawnattr_destroy(&attributes_);
  }

  void redirect(const Descriptor& from, int to) {
    if (posix_spawn_file_actions_adddup2(&actions_, from.get(), to) != 0) throw std::bad_alloc();
  }
  void change_directory(const std::string& directory) {
    if (posix_spawn_file_actions_addchdir_np(&actions_, directory.c_str()) != 0) {
      throw std::bad_alloc();
    }
  }

  /// The child's process id. On failure 0, and errno is set.
  pid_t spawn(const Command& command) {
    std::vector<std::string> variables;
    for (const auto& [name, value] : command.environment) variables.push_back(name + "=" + value);
    std::vector<std::string> arguments = command.arguments;
    pid_t pid = 0;
    errno = posix_spawn(&pid, arguments.front().c_str(), &actions_, &attributes_,
                        pointers(arguments).data(), pointers(variables).data());
    return errno == 0 ? pid : 0;
  }

 private:
  static std::vector<char*> pointers(std::vector<std::string>& texts) {
    std::vector<char*> out;
    for (std::string& text : texts) out.push_back(text.data());
    out.push_back(nullptr);
    return out;
  }

  posix_spawn_file_actions_t actions_;
  posix_spawnattr_t attributes_;
};

class PosixCommandRunner final : public CommandRunner {
 public:
  std::unique_ptr<ChildProcess> start(const Command& command) override {
    if (command.arguments.empty()) throw Error(ErrorKind::kFailed, "no program to start");
    const std::string& program = command.arguments.front();
    Pipe input = make_pipe();
    Pipe output = make_pipe();
    Pipe error = make_pipe();
    SpawnSettings settings;
    settings.change_directory(command.working_directory);
    settings.redirect(input.reader, STDIN_FILENO);
    settings.redirect(output.writer, STDOUT_FILENO);
    settings.redirect(error.writer, STDERR_FILENO);
    const pid_t pid = settings.spawn(command);
    if (pid == 0) throw system_error(fmt::format("cannot start `{}`", program));
    return std::make_unique<PosixChildProcess>(program, pid, std::move(input.writer),
                                               std::move(output.reader), std::move(error.reader));
  }
};

}  // namespace

std::unique_ptr<CommandRunner> make_posix_command_runner() {
  return std::make_unique<PosixCommandRunner>();
}

}  // namespace kasane
