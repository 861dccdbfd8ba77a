#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <regex>
#include <set>
#include <sstream>

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <yaml-cpp/yaml.h>

#include "resolver/spec/environment_spec.h"
#include "tests/resolver/spec/sample_spec.h"

/// Real specifications, read from KASANE_TEST_DATA. Each is one file out of a repository: the files
/// that it names are not there, so stand-ins are.
namespace kasane::resolver {
namespace {

namespace fs = std::filesystem;

std::string read_bytes(const fs::path& path) {
  std::ifstream stream(path, std::ios::binary);
  std::stringstream bytes;
  bytes << stream.rdbuf();
  return bytes.str();
}

std::string without_mark(std::string text) {
  if (text.starts_with("\xef\xbb\xbf")) text.erase(0, 3);
  return text;
}

/// The one file, and a stand-in for each file that it may name.
class OneFile final : public FileSystem {
 public:
  OneFile(std::string name, std::string text) : name_(std::move(name)) {
    files_.set(name_, std::move(text));
  }

  std::optional<FileStatus> find_status(const Path& path) override {
    if (const auto status = files_.find_status(path)) return status;
    const std::string text = stand_in(path.string());
    if (text.empty()) return std::nullopt;
    return FileStatus{FileStatus::Type::kFile, text.size()};
  }
  std::unique_ptr<ReadableFile> find_file(const Path& path) override {
    if (path.string() != name_) files_.set(path.string(), stand_in(path.string()));
    return files_.find_file(path);
  }
  std::vector<std::string> list(const Path& directory) override { return files_.list(directory); }

  std::unique_ptr<WritableFile> create_file(const Path& path) override {
    return files_.create_file(path);
  }
  std::unique_ptr<WritableFile> append_file(const Path& path) override {
    return files_.append_file(path);
  }
  void create_directories(const Path& path) override { files_.create_directories(path); }
  void rename(const Path& from, const Path& to) override { files_.rename(from, to); }
  bool remove(const Path& path) override { return files_.remove(path); }
  void remove_all(const Path& path) override { files_.remove_all(path); }
  void sync_directory(const Path& path) override { files_.sync_directory(path); }
  std::unique_ptr<FileLock> lock(const Path& path, LockMode mode) override {
    return files_.lock(path, mode);
  }
  std::unique_ptr<FileLock> try_lock(const Path& path, LockMode mode) override {
    return files_.try_lock(path, mode);
  }

 private:
  static std::string stand_in(const std::string& path) {
    if (path.ends_with(".txt") || path.ends_with(".in")) return "stand-in-of-pip\n";
    if (path.ends_with(".yml") || path.ends_with(".yaml")) {
      return "dependencies: [stand-in-of-conda]\n";
    }
    if (path.ends_with(".whl")) return "PK";
    return "";
  }

  testing::ListedFiles files_;
  std::string name_;
};

class Corpus : public ::testing::Test {
 protected:
  void SetUp() override {
    const char* folder = std::getenv("KASANE_TEST_DATA");
    if (folder == nullptr || !fs::is_directory(fs::path(folder) / "corpus")) {
      GTEST_SKIP() << "KASANE_TEST_DATA names no folder with a corpus of specifications";
    }
    root_ = fs::path(folder) / "corpus";
  }

  std::vector<fs::path> files(const std::string& kind) const {
    std::vector<fs::path> out;
    for (const auto& entry : fs::directory_iterator(root_ / kind)) out.push_back(entry.path());
    std::sort(out.begin(), out.end());
    EXPECT_FALSE(out.empty()) << kind;
    return out;
  }

  fs::path root_;
};

/// Values for all templates of a text, so that what stands around them is looked at too.
std::map<std::string, std::string> settings_for(const std::string& text) {
  std::map<std::string, std::string> out;
  static const std::regex pattern(R"(\{\{\s*([^{}]*(\{[^{}]*\}[^{}]*)*?)\s*\}\})");
  for (std::sregex_iterator found(text.begin(), text.end(), pattern), end; found != end; ++found) {
    out[(*found)[1]] = "1.0";
  }
  return out;
}

struct Outcome {
  std::optional<EnvironmentSpec> spec;
  std::optional<Error> error;
};

Outcome read(const std::string& name, const std::string& text, bool fill) {
  OneFile files(name, text);
  const SpecReading reading{
      .files = files,
      .find_variable = [](const std::string& variable) { return variable; },
      .settings = fill ? settings_for(text) : std::map<std::string, std::string>(),
      .extras = {},
      .groups = {}};
  try {
    return {read_environment_spec(name, reading), std::nullopt};
  } catch (const Error& error) {
    return {std::nullopt, error};
  }
}

Outcome read(const fs::path& path, bool fill = true) {
  return read(path.filename().string(), read_bytes(path), fill);
}

std::string fill(const std::string& text) {
  std::string out = text;
  for (const auto& [name, value] : settings_for(text)) {
    for (const std::string& form : {"{{" + name + "}}", "{{ " + name + " }}"}) {
      for (std::size_t i = out.find(form); i != std::string::npos; i = out.find(form, i)) {
        out.replace(i, form.size(), value);
      }
    }
  }
  return out;
}

TEST_F(Corpus, EachFileIsUnderstoodOrRefusedAtAPlace) {
  std::size_t count = 0;
  for (const auto& kind : fs::directory_iterator(root_)) {
    if (!kind.is_directory()) continue;
    for (const auto& entry : fs::directory_iterator(kind.path())) {
      for (const bool filled : {false, true}) {
        const Outcome outcome = read(entry.path(), filled);
        ++count;
        if (!outcome.error) continue;
        const SourcePlace& place = outcome.error->place();
        EXPECT_FALSE(place.file.empty()) << entry.path() << "\n" << outcome.error->render();
        const bool whole_file = outcome.error->message().starts_with("the script installs") ||
                                outcome.error->message().starts_with("expected ");
        EXPECT_TRUE(place.line > 0 || whole_file) << entry.path() << outcome.error->render();
      }
    }
  }
  EXPECT_GT(count, 1500U);
}

/// What a conda file holds by yaml-cpp's own reader of whole documents.
struct Counts {
  std::size_t conda = 0;
  std::size_t pip = 0;
};

bool names_a_requirement(std::string line) {
  const std::size_t comment = line.find(" #");
  if (comment != std::string::npos) line.resize(comment);
  while (line.ends_with('\\') || line.ends_with('\r')) line.pop_back();
  const std::size_t begin = line.find_first_not_of(" \t\r");
  if (begin == std::string::npos || line[begin] == '#') return false;
  return line[begin] != '-' || line.substr(begin).starts_with("-e");
}

Counts count_conda(const std::string& text) {
  Counts counts;
  const YAML::Node root = YAML::Load(text);
  for (const YAML::Node& item : root["dependencies"]) {
    if (item.IsScalar()) {
      ++counts.conda;
    } else if (item.IsMap()) {
      for (const auto& entry : item) {
        const auto key = entry.first.as<std::string>();
        if (key == "pip") {
          for (const YAML::Node& line : entry.second) {
            counts.pip += names_a_requirement(line.as<std::string>()) ? 1U : 0U;
          }
        } else if (key == "sel(linux)") {
          counts.conda += entry.second.IsSequence() ? entry.second.size() : 1U;
        }
      }
    }
  }
  return counts;
}

template <class Requirements>
std::size_t count_in(const Requirements& requirements, const std::string& file) {
  return static_cast<std::size_t>(
      std::count_if(requirements.begin(), requirements.end(),
                    [&](const auto& requirement) { return requirement.place.file == file; }));
}

TEST_F(Corpus, EveryDependencyOfACondaFileIsAccountedFor) {
  std::size_t understood = 0;
  std::set<std::string> refused;
  for (const fs::path& path : files("conda")) {
    const Outcome outcome = read(path);
    const std::string name = path.filename().string();
    if (!outcome.spec) {
      refused.insert(name + ": " + outcome.error->message());
      continue;
    }
    ++understood;
    const Counts counts = count_conda(fill(without_mark(read_bytes(path))));
    EXPECT_EQ(count_in(outcome.spec->conda, name), counts.conda) << path;
    EXPECT_EQ(count_in(outcome.spec->pip, name), counts.pip) << path;
  }
  for (const std::string& line : refused) std::cout << "refused " << line << "\n";
  EXPECT_EQ(understood, 239U);
  EXPECT_EQ(refused.size(), 7U);
}

std::size_t count_requirements(const std::string& text) {
  std::size_t count = 0;
  std::istringstream stream(text);
  bool continues = false;
  for (std::string line; std::getline(stream, line);) {
    while (line.ends_with('\r')) line.pop_back();
    const bool comment = line.find_first_not_of(" \t") != std::string::npos &&
                         line[line.find_first_not_of(" \t")] == '#';
    if (!continues && names_a_requirement(line)) ++count;
    continues = line.ends_with('\\') && !comment;
  }
  return count;
}

TEST_F(Corpus, EveryLineOfARequirementsFileIsAccountedFor) {
  std::size_t understood = 0;
  std::set<std::string> refused;
  for (const fs::path& path : files("requirements")) {
    const Outcome outcome = read(path);
    const std::string name = path.filename().string();
    if (!outcome.spec) {
      refused.insert(name + ": " + outcome.error->message());
      continue;
    }
    ++understood;
    EXPECT_EQ(count_in(outcome.spec->pip, name), count_requirements(fill(read_bytes(path))))
        << path;
  }
  for (const std::string& line : refused) std::cout << "refused " << line << "\n";
  EXPECT_EQ(understood, 138U);
  EXPECT_EQ(refused.size(), 4U);
}

std::string with_windows_ends(const std::string& text) {
  std::string out;
  for (const char c : text) {
    if (c == '\n' && !out.ends_with('\r')) out += '\r';
    out += c;
  }
  return out;
}

/// The same environment by another hand: keys and dependencies the other way round, all quoted.
void emit_backwards(const YAML::Node& node, bool is_ordered, YAML::Emitter& out) {
  if (node.IsMap()) {
    std::vector<std::string> keys;
    for (const auto& entry : node) keys.push_back(entry.first.as<std::string>());
    std::reverse(keys.begin(), keys.end());
    out << YAML::BeginMap;
    for (const std::string& key : keys) {
      out << YAML::Key << YAML::SingleQuoted << key << YAML::Value;
      emit_backwards(node[key], key == "channels", out);
    }
    out << YAML::EndMap;
  } else if (node.IsSequence()) {
    // Indexes are asked in their order.
    for (const YAML::Node& item : node) {
      is_ordered |=
          item.IsScalar() && item.as<std::string>().find("-index-url") != std::string::npos;
    }
    out << YAML::Flow << YAML::BeginSeq;
    for (std::size_t i = 0; i < node.size(); ++i) {
      emit_backwards(node[is_ordered ? i : node.size() - 1 - i], false, out);
    }
    out << YAML::EndSeq;
  } else if (node.IsScalar()) {
    out << YAML::DoubleQuoted << node.as<std::string>();
  } else {
    out << YAML::Null;
  }
}

TEST_F(Corpus, TheDigestOfACondaFileKeepsThroughOrderQuotesAndLineEnds) {
  std::size_t count = 0;
  for (const fs::path& path : files("conda")) {
    const Outcome outcome = read(path);
    if (!outcome.spec) continue;
    ++count;
    const std::string text = fill(without_mark(read_bytes(path)));
    YAML::Emitter backwards;
    emit_backwards(YAML::Load(text), false, backwards);
    const std::string digest = canonical_digest(*outcome.spec);
    const std::string name = path.filename().string();
    for (const std::string& other :
         {with_windows_ends(text), "\xef\xbb\xbf" + text, std::string(backwards.c_str()) + "\n"}) {
      const Outcome again = read(name, other, true);
      ASSERT_TRUE(again.spec) << path << "\n" << again.error->render() << other;
      EXPECT_EQ(canonical_digest(*again.spec), digest) << path << "\n" << other;
    }
  }
  EXPECT_GT(count, 200U);
}

TEST_F(Corpus, TheDigestOfARequirementsFileKeepsThroughOrderSpellingAndLineEnds) {
  std::size_t count = 0;
  for (const fs::path& path : files("requirements")) {
    const Outcome outcome = read(path);
    const std::string text = fill(read_bytes(path));
    if (!outcome.spec || text.find('\\') != std::string::npos) continue;
    ++count;
    std::vector<std::string> lines;
    std::istringstream stream(text);
    for (std::string line; std::getline(stream, line);) {
      while (line.ends_with('\r')) line.pop_back();
      static const std::regex name(R"(^\s*([A-Za-z0-9][A-Za-z0-9._-]*)(?=\s*([=<>!~;\[#]|$)))");
      std::smatch found;
      if (std::regex_search(line, found, name)) {
        std::string spelt = found[1];
        std::transform(spelt.begin(), spelt.end(), spelt.begin(), [](unsigned char c) {
          return c == '-' ? '_' : static_cast<char>(std::toupper(c));
        });
        line.replace(static_cast<std::size_t>(found.position(1)), spelt.size(), spelt);
      }
      lines.push_back(line);
    }
    std::reverse(lines.begin(), lines.end());
    std::string backwards;
    for (const std::string& line : lines) backwards += line + "\n";
    const std::string digest = canonical_digest(*outcome.spec);
    // Indexes are asked in their order.
    if (text.find("-index-url") != std::string::npos) backwards = text;
    for (const std::string& other : {with_windows_ends(text), backwards}) {
      const Outcome again = read(path.filename().string(), other, true);
      ASSERT_TRUE(again.spec) << path << "\n" << again.error->render();
      EXPECT_EQ(canonical_digest(*again.spec), digest) << path << "\n" << other;
    }
  }
  EXPECT_GT(count, 100U);
}

TEST_F(Corpus, SoManyDockerfilesAreTakenWhole) {
  std::size_t whole = 0;
  std::size_t partly = 0;
  for (const fs::path& path : files("dockerfile")) {
    const Outcome outcome = read(path);
    if (!outcome.spec) continue;
    const Warnings& warnings = outcome.spec->warnings;
    const bool all = std::none_of(warnings.begin(), warnings.end(), [](const Warning& warning) {
      return warning.code == "not-taken" || warning.code == "copy-not-taken";
    });
    ++(all ? whole : partly);
  }
  EXPECT_EQ(whole, 42U);
  EXPECT_EQ(partly, 5U);
}

}  // namespace
}  // namespace kasane::resolver
