#include "cli/build_lock.h"

#include <chrono>

#include <fmt/format.h>

#include "cli/base_image.h"

namespace kasane::cli {
namespace {

resolver::Lock read(const std::string& text, const std::string& path, const BuildLockTask& task,
                    const Surroundings& surroundings) {
  resolver::LockSelection selection{task.platform, task.categories, {}};
  selection.find_variable = [&](const std::string& name) {
    return surroundings.find_variable(name);
  };
  return resolver::read_lock(text, path, selection);
}

}  // namespace

std::optional<BuildLock> find_build_lock(const BuildLockTask& task, Surroundings& surroundings) {
  const std::string text = surroundings.files().read_text(task.file);
  if (!resolver::is_lock(text)) return std::nullopt;
  return BuildLock{read(text, task.file, task, surroundings), task.file, {}, 0};
}

BuildLock lock_for_build(const BuildLockTask& task, const registry::ImageSource* base,
                         cache::Cache& cache, Surroundings& surroundings) {
  const auto begin = std::chrono::steady_clock::now();
  LockTask locking;
  locking.spec.files = {task.file};
  locking.platforms = {task.platform};
  locking.resolve = task.resolve;
  locking.offline = task.offline;
  locking.locked = task.locked;
  locking.system = read_system_facts(base, task.prefix, cache);
  const SpecLock locked = lock_specification(locking, surroundings);
  if (task.writes) write_spec_lock(locked, surroundings);
  BuildLock out{read(locked.text, locked.path.native(), task, surroundings), locked.path.native(),
                locked.warnings, 0};
  const auto& credentials = locked.platforms.front().lock.credentials;
  out.lock.credentials.insert(credentials.begin(), credentials.end());
  const std::chrono::duration<double> passed = std::chrono::steady_clock::now() - begin;
  out.seconds = passed.count();
  return out;
}

}  // namespace kasane::cli
