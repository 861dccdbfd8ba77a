#include "builder/image/compiler_home.h"

#include <sys/utsname.h>

#include <map>
#include <set>
#include <utility>

#include <fmt/format.h>

#include "base/error.h"
#include "builder/bytecode/interpreter_home.h"
#include "builder/plan/stated_order.h"

namespace kasane::builder {

bool runs_here(std::string_view platform) {
  struct utsname machine {};
  ::uname(&machine);
  const std::string_view processor = machine.machine;
  return (platform == "linux-64" && processor == "x86_64") ||
         (platform == "linux-aarch64" && processor == "aarch64");
}

CompilerHome::CompilerHome(const ImagePlan& plan, LockInputs& inputs, CommandRunner& runner,
                           FileSystem& files, Path scratch, unsigned threads)
    : plan_(plan),
      inputs_(inputs),
      runner_(runner),
      files_(files),
      scratch_(std::move(scratch)),
      threads_(threads) {}

ByteCompiler* CompilerHome::find() {
  std::call_once(once_, [this] { start(); });
  return compiler_.get();
}

/// Python, and the conda packages that it depends on, directly or through others.
std::vector<std::size_t> CompilerHome::interpreter_packages() const {
  std::map<std::string, std::size_t> by_name;
  for (std::size_t i = 0; i < plan_.packages.size(); ++i) {
    const PackageFacts& facts = plan_.packages[i].facts;
    if (facts.kind == PackageFacts::Kind::kConda) by_name.emplace(conda_name(facts.name), i);
  }
  std::set<std::size_t> found;
  std::vector<std::string> wanted = {"python"};
  while (!wanted.empty()) {
    const auto place = by_name.find(wanted.back());
    wanted.pop_back();
    if (place == by_name.end() || !found.insert(place->second).second) continue;
    for (const std::string& requirement : plan_.packages[place->second].facts.depends) {
      wanted.push_back(conda_name(requirement));
    }
  }
  return {found.begin(), found.end()};
}

void CompilerHome::start() {
  const auto indexes = interpreter_packages();
  std::vector<resolver::LockedPackage> wanted;
  for (const std::size_t i : indexes) wanted.push_back(plan_.packages[i].locked);
  inputs_.fetch(wanted);

  std::vector<std::unique_ptr<ReadableFile>> open_files;
  std::vector<std::unique_ptr<Package>> packages;
  std::vector<InterpreterHome::Piece> pieces;
  for (const std::size_t i : indexes) {
    const PlannedPackage& planned = plan_.packages[i];
    open_files.push_back(inputs_.open(planned.locked));
    packages.push_back(open_package(*open_files.back(), planned.locked.file_name()));
    pieces.push_back({packages.back().get(), &planned.facts, &planned.fragment.origin});
  }
  directory_.emplace(files_, scratch_, "python");
  const InterpreterHome home = InterpreterHome::make(
      pieces, InstallTarget{plan_.options.prefix, plan_.python}, directory_->path());
  ByteCompiler::Start started = home.start(runner_, threads_);
  compiler_ = std::move(started.compiler);
  reason_ = std::move(started.reason);
}

}  // namespace kasane::builder
