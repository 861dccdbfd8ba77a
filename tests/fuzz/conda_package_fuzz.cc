#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <set>
#include <string>

#include "base/error.h"
#include "builder/package/package.h"
#include "tests/support/memory_file.h"

namespace {

using namespace kasane;

/// Aborts where an installation breaks what EntrySink was promised.
class CheckingSink final : public builder::EntrySink {
 public:
  void begin(const builder::Entry& entry) override {
    const std::string& path = entry.path;
    if (path.empty() || path.front() == '/' ||
        ("/" + path + "/").find("/../") != std::string::npos) {
      std::abort();
    }
    if (!paths_.insert(path).second) std::abort();
    if (entry.type == builder::Entry::Type::kHardlink && !paths_.contains(entry.target)) {
      std::abort();
    }
    left_ = entry.size_bytes;
  }
  void write(std::string_view bytes) override {
    if (bytes.size() > left_) std::abort();
    left_ -= bytes.size();
  }
  void end() override {
    if (left_ != 0) std::abort();
  }
  const std::set<std::string>& paths() const { return paths_; }

 private:
  std::set<std::string> paths_;
  std::uint64_t left_ = 0;
};

}  // namespace

/// Any bytes are a conda package of the format that the first byte chooses, or an Error; what
/// installs brings just the paths that were foretold.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  if (size == 0) return 0;
  const std::string name = bytes[0] == 'c' ? "x.conda" : "x.tar.bz2";
  const kasane::testing::MemoryFile file(
      std::string(reinterpret_cast<const char*>(bytes) + 1, size - 1));
  const builder::InstallTarget target{
      .prefix = "/prefix",
      .python = builder::PythonLayout{.version = "3.12",
                                      .site_packages = "lib/python3.12/site-packages"}};
  try {
    const auto package = builder::open_package(file, name);
    const builder::PackageFacts facts = package->read_facts();
    if (builder::PackageFacts::parse(facts.render()) != facts) std::abort();
    const builder::PackageOrigin origin{.name = facts.name,
                                        .version = facts.version,
                                        .build = facts.build,
                                        .url = "file:///x",
                                        .sha256 = Digest::of(""),
                                        .md5 = {}};
    CheckingSink sink;
    package->install(facts, origin, target, {}, sink);
    std::set<std::string> foretold;
    for (const auto& path : installed_paths(facts, origin, target)) foretold.insert(path.path);
    if (foretold != sink.paths()) std::abort();
  } catch (const Error& error) {
    static_cast<void>(error.render());
  }
  return 0;
}
