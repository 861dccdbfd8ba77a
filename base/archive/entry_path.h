#pragma once

#include <string>
#include <string_view>

namespace kasane {

/// What a backslash in a name is: a byte like any other (tar), or a way to smuggle a separator past
/// a reader (zip, where APPNOTE 4.4.17.1 forbids it).
enum class Backslash { kRefused, kOrdinary };

/// The path that an archive's entry takes below the directory it is unpacked to: `/` between parts,
/// no empty, `.` or `..` part, UTF-8, no control character, parts up to 255 and paths up to 4095
/// bytes. Leading `./` and slashes at the end are dropped, so the archive's root (`./`) becomes the
/// empty path. Everything else is an Error of kind kRefused that shows the name.
std::string normalise_entry_path(std::string_view name, Backslash backslash = Backslash::kRefused);

/// All before the last `/`; empty where there is none.
inline std::string_view parent_of(std::string_view path) {
  const std::size_t slash = path.rfind('/');
  return slash == std::string_view::npos ? std::string_view() : path.substr(0, slash);
}

/// True when `path` is `directory` or lies below it.
inline bool is_at_or_below(std::string_view path, std::string_view directory) {
  return path.starts_with(directory) &&
         (path.size() == directory.size() || path[directory.size()] == '/');
}

/// `name` with control characters and ill-formed UTF-8 as `\xNN`, short enough for a message.
std::string printable_name(std::string_view name);

}  // namespace kasane
