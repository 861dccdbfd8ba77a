#include "resolver/lock/conda_lock.h"

#include <algorithm>
#include <array>
#include <initializer_list>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "resolver/lock/package_entry.h"
#include "resolver/lock/yaml_tape.h"

namespace kasane::resolver {
namespace {

std::string_view describe(const YamlEvent& event) {
  switch (event.kind) {
    case YamlKind::kMapStart:
      return "a map";
    case YamlKind::kSequenceStart:
      return "a list";
    case YamlKind::kScalar:
      return "a single value";
    default:
      return "nothing";
  }
}

/// Walks the tape of a lock. Indices are those of values on the tape.
class CondaLockReader {
 public:
  CondaLockReader(const LockText& text, const LockSelection& selection, const YamlTape& tape,
                  Lock& lock)
      : text_(text),
        selection_(selection),
        tape_(tape),
        lock_(lock),
        collector_(text, selection, lock) {}

  std::vector<std::string> read_platforms() {
    read_top();
    if (metadata_ > 0) read_metadata();
    if (at(packages_).kind == YamlKind::kSequenceStart) {
      for_each_item(packages_, [&](std::size_t item) {
        expect(item, YamlKind::kMapStart, "a package as a map");
        for_each_pair(item, [&](std::string_view key, std::size_t value) {
          if (key == "platform") add_once(platforms_, read_text(value, key).value);
        });
      });
    }
    std::sort(platforms_.begin(), platforms_.end());
    return std::move(platforms_);
  }

  void read() {
    read_top();
    if (metadata_ > 0) read_metadata();
    if (at(packages_).kind != YamlKind::kNull) {
      expect(packages_, YamlKind::kSequenceStart, "`package` as a list");
      for_each_item(packages_, [&](std::size_t item) { read_package(item); });
    }
    check_platform();
    check_categories();
  }

 private:
  struct RawPackage {
    PackageCollector::Entry entry;
    LockField manager;
    LockField platform;
    std::vector<std::string_view> categories;
    std::size_t dependencies = 0;
  };

  const YamlEvent& at(std::size_t index) const { return tape_.events()[index]; }

  Error error_at(std::size_t index, std::string message) const {
    const YamlEvent& event = at(index);
    return text_.error_at(event.line, event.column, static_cast<int>(event.value.size()),
                          std::move(message));
  }

  void expect(std::size_t index, YamlKind kind, std::string_view what) const {
    if (at(index).kind == kind) return;
    throw error_at(index, fmt::format("expected {}, found {}", what, describe(at(index))));
  }

  /// `visit(key, value_index)` for each pair of the map at `index`; a key that comes twice is an
  /// Error.
  template <class Visit>
  void for_each_pair(std::size_t index, Visit&& visit) const {
    std::array<std::string_view, 24> seen;
    std::size_t count = 0;
    for (std::size_t i = index + 1; at(i).kind != YamlKind::kMapEnd;) {
      expect(i, YamlKind::kScalar, "a key");
      const std::string_view key = at(i).value;
      if (std::find(seen.begin(), seen.begin() + count, key) != seen.begin() + count) {
        throw error_at(i, fmt::format("the key `{}` comes twice in one map", key));
      }
      if (count < seen.size()) seen[count++] = key;
      visit(key, i + 1);
      i = tape_.after(i + 1);
    }
  }

  template <class Visit>
  void for_each_item(std::size_t index, Visit&& visit) const {
    for (std::size_t i = index + 1; at(i).kind != YamlKind::kSequenceEnd; i = tape_.after(i)) {
      visit(i);
    }
  }

  /// The scalar at `index`; a null is an empty one.
  LockField read_text(std::size_t index, std::string_view key) const {
    const YamlEvent& event = at(index);
    if (event.kind != YamlKind::kNull) {
      expect(index, YamlKind::kScalar, fmt::format("`{}` as a single value", key));
    }
    const bool null = event.kind == YamlKind::kNull;
    return {null ? std::string_view() : event.value, event.line, event.column};
  }

  std::vector<std::string> read_texts(std::size_t index, std::string_view key) const {
    std::vector<std::string> out;
    if (at(index).kind == YamlKind::kNull) return out;
    expect(index, YamlKind::kSequenceStart, fmt::format("`{}` as a list", key));
    for_each_item(index, [&](std::size_t item) { out.emplace_back(read_text(item, key).value); });
    return out;
  }

  void read_top() {
    if (tape_.events().empty() || at(0).kind != YamlKind::kMapStart) refuse_other_format("");
    std::size_t version = 0;
    std::string_view other;
    for_each_pair(0, [&](std::string_view key, std::size_t value) {
      if (key == "version") version = value;
      if (key == "metadata") metadata_ = value;
      if (key == "package") packages_ = value;
      for (const std::string_view known : {"environments", "dependencies", "lockVersion"}) {
        if (key == known) other = known;
      }
    });
    if (packages_ == 0 && !other.empty()) refuse_other_format(other);
    if (version > 0 && read_text(version, "version").value != "1") {
      throw error_at(version, fmt::format("expected version `1` of the lock's format, found `{}`",
                                          at(version).value))
          .hint("make the lock anew with `kasane lock`");
    }
    if (packages_ == 0) refuse_other_format(other);
  }

  [[noreturn]] void refuse_other_format(std::string_view key) const {
    const std::string_view expected =
        "expected a `conda-lock.yml` of version 1 or an `@EXPLICIT` list, found ";
    if (key == "dependencies") {
      throw text_
          .error(ErrorKind::kUsage, fmt::format("{}a specification (`dependencies`)", expected))
          .hint(fmt::format("lock it first: `kasane lock {}`", text_.file_name()));
    }
    if (key == "environments") {
      throw text_.error(ErrorKind::kUsage, fmt::format("{}a pixi lock", expected))
          .hint("run `pixi workspace export conda-explicit-spec DIR`, which writes such a list");
    }
    if (key == "lockVersion") {
      throw text_.error(ErrorKind::kUsage, fmt::format("{}a lock of mambajs", expected))
          .hint("make a lock with `kasane lock environment.yml`");
    }
    throw text_.error(ErrorKind::kUsage, fmt::format("{}neither", expected))
        .hint("make a lock with `kasane lock environment.yml`");
  }

  void read_metadata() {
    if (at(metadata_).kind == YamlKind::kNull) return;
    expect(metadata_, YamlKind::kMapStart, "`metadata` as a map");
    for_each_pair(metadata_, [&](std::string_view key, std::size_t value) {
      if (key == "platforms") platforms_ = read_texts(value, key);
      if (key == "sources") lock_.sources = read_texts(value, key);
      if (key == "content_hash") read_content_hash(value);
      if (key == "channels") read_channels(value);
    });
  }

  void read_content_hash(std::size_t index) {
    if (at(index).kind == YamlKind::kNull) return;
    expect(index, YamlKind::kMapStart, "`content_hash` as a map");
    for_each_pair(index, [&](std::string_view platform, std::size_t value) {
      if (platform == lock_.platform) lock_.content_hash = read_text(value, platform).value;
    });
  }

  void read_channels(std::size_t index) {
    if (at(index).kind == YamlKind::kNull) return;
    expect(index, YamlKind::kSequenceStart, "`channels` as a list");
    for_each_item(index, [&](std::size_t item) {
      LockChannel channel;
      if (at(item).kind == YamlKind::kScalar) {
        channel.url = split_credentials(at(item).value).url;
      } else {
        expect(item, YamlKind::kMapStart, "a channel as a map");
        for_each_pair(item, [&](std::string_view key, std::size_t value) {
          if (key == "url") channel.url = split_credentials(read_text(value, key).value).url;
          if (key == "used_env_vars") channel.used_env_vars = read_texts(value, key);
        });
      }
      lock_.channels.push_back(std::move(channel));
    });
  }

  void read_hash(std::size_t index, PackageCollector::Entry& entry) const {
    if (at(index).kind == YamlKind::kNull) return;
    expect(index, YamlKind::kMapStart, "`hash` as a map");
    for_each_pair(index, [&](std::string_view key, std::size_t value) {
      if (key == "sha256") entry.sha256 = read_text(value, key);
      if (key == "md5") entry.md5 = read_text(value, key);
    });
  }

  RawPackage read_fields(std::size_t index) const {
    RawPackage raw;
    for_each_pair(index, [&](std::string_view key, std::size_t value) {
      if (key == "name") raw.entry.name = read_text(value, key);
      if (key == "version") raw.entry.version = read_text(value, key);
      if (key == "build") raw.entry.build = read_text(value, key);
      if (key == "url") raw.entry.url = read_text(value, key);
      if (key == "manager") raw.manager = read_text(value, key);
      if (key == "platform") raw.platform = read_text(value, key);
      if (key == "hash") read_hash(value, raw.entry);
      if (key == "dependencies") raw.dependencies = value;
      if (key == "category" || key == "categories") read_categories(key, value, raw);
    });
    return raw;
  }

  void read_categories(std::string_view key, std::size_t index, RawPackage& raw) const {
    if (at(index).kind != YamlKind::kSequenceStart) {
      const std::string_view category = read_text(index, key).value;
      if (!category.empty()) raw.categories.push_back(category);
      return;
    }
    for_each_item(index,
                  [&](std::size_t item) { raw.categories.push_back(read_text(item, key).value); });
  }

  void read_package(std::size_t index) {
    expect(index, YamlKind::kMapStart, "a package as a map");
    RawPackage raw = read_fields(index);
    if (raw.categories.empty()) raw.categories.push_back("main");
    require(index, raw.entry.name, "name", raw);
    require(index, raw.platform, "platform", raw);
    add_once(platforms_of_packages_, raw.platform.value);
    if (raw.platform.value != lock_.platform) return;
    const std::string_view* category = nullptr;
    for (const std::string_view& own : raw.categories) {
      add_once(categories_, own);
      const auto& chosen = selection_.categories;
      const bool wanted = std::find(chosen.begin(), chosen.end(), own) != chosen.end();
      if (wanted && category == nullptr) category = &own;
    }
    if (category == nullptr) return;
    raw.entry.package.category = *category;
    add_package(index, raw);
  }

  void add_package(std::size_t index, RawPackage& raw) {
    require(index, raw.manager, "manager", raw);
    require(index, raw.entry.version, "version", raw);
    require(index, raw.entry.url, "url", raw);
    if (raw.manager.value != "conda" && raw.manager.value != "pip") {
      throw collector_.error_at(
          raw.manager, fmt::format("expected `conda` or `pip`, found `{}`", raw.manager.value));
    }
    const bool pip = raw.manager.value == "pip";
    raw.entry.package.manager = pip ? Manager::kPip : Manager::kConda;
    if (pip) raw.entry.build = {};
    if (raw.dependencies > 0 && at(raw.dependencies).kind != YamlKind::kNull) {
      expect(raw.dependencies, YamlKind::kMapStart, "`dependencies` as a map");
      for_each_pair(raw.dependencies, [&](std::string_view name, std::size_t value) {
        raw.entry.package.dependencies.emplace(name, read_text(value, name).value);
      });
    }
    collector_.add(std::move(raw.entry));
  }

  void require(std::size_t index, const LockField& field, std::string_view key,
               const RawPackage& raw) const {
    if (field.present() && !field.value.empty()) return;
    const std::string_view name = raw.entry.name.value;
    throw error_at(index, name.empty() ? fmt::format("a package has no `{}`", key)
                                       : fmt::format("the package `{}` has no `{}`", name, key))
        .hint("make the lock anew: it is damaged or was edited by hand");
  }

  static void add_once(std::vector<std::string>& list, std::string_view text) {
    if (std::find(list.begin(), list.end(), text) == list.end()) list.emplace_back(text);
  }

  void check_platform() {
    for (const std::string& platform : platforms_of_packages_) add_once(platforms_, platform);
    if (std::find(platforms_.begin(), platforms_.end(), lock_.platform) != platforms_.end()) return;
    std::sort(platforms_.begin(), platforms_.end());
    const std::string has =
        platforms_.empty() ? "none" : fmt::format("`{}`", fmt::join(platforms_, "`, `"));
    throw text_
        .error(ErrorKind::kUsage,
               fmt::format("the lock has no packages for `{}`; it has {}", lock_.platform, has))
        .hint(fmt::format("choose one with `--platform`, or add it: `kasane lock --platform {}`",
                          lock_.platform));
  }

  void check_categories() const {
    for (const std::string& wanted : selection_.categories) {
      const bool known =
          std::find(categories_.begin(), categories_.end(), wanted) != categories_.end();
      if (known || wanted == "main") continue;
      throw text_.error(ErrorKind::kUsage,
                        fmt::format("the lock has no category `{}` for `{}`; it has `{}`", wanted,
                                    lock_.platform, fmt::join(categories_, "`, `")));
    }
  }

  const LockText& text_;
  const LockSelection& selection_;
  const YamlTape& tape_;
  Lock& lock_;
  PackageCollector collector_;
  std::size_t metadata_ = 0;
  std::size_t packages_ = 0;
  std::vector<std::string> platforms_;
  std::vector<std::string> platforms_of_packages_;
  std::vector<std::string> categories_;
};

}  // namespace

namespace {

YamlTape tape_of(const LockText& text) {
  std::optional<YamlTape> tape = YamlTape::find_simple(text.text());
  if (tape) return std::move(*tape);
  text.refuse_conflict_markers();
  return YamlTape::parse_any(text.text(), text.file_name());
}

}  // namespace

void read_conda_lock(const LockText& text, const LockSelection& selection, Lock& lock) {
  const YamlTape tape = tape_of(text);
  CondaLockReader(text, selection, tape, lock).read();
}

std::vector<std::string> read_conda_lock_platforms(const LockText& text) {
  const YamlTape tape = tape_of(text);
  const LockSelection selection;
  Lock lock{.platform = "",
            .packages = {},
            .channels = {},
            .sources = {},
            .content_hash = "",
            .credentials = {},
            .sha256 = Digest::of("")};
  return CondaLockReader(text, selection, tape, lock).read_platforms();
}

}  // namespace kasane::resolver
