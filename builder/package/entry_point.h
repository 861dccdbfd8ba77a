#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace kasane::builder {

/// A command that a Python package offers: `name = module:attribute [extras]`. The name is one safe
/// path part, module and attribute are dotted identifiers.
struct EntryPoint {
  std::string name;
  std::string module;
  std::string attribute;
  /// As they stand, without brackets; not used by what starts the command.
  std::string extras;

  /// Anything else is an Error of kind kIntegrity.
  static EntryPoint parse(std::string_view text);
  /// parse(render()) == *this.
  std::string render() const;
  /// The script that runs it with the interpreter at `python`.
  std::string launcher(std::string_view python) const;
  bool operator==(const EntryPoint&) const = default;
};

/// The commands of an `entry_points.txt`: those of `[console_scripts]`, then those of
/// `[gui_scripts]`, each in the order of the file. Of a name that comes twice the last one counts,
/// as everywhere in this format.
std::vector<EntryPoint> parse_entry_points(std::string_view text);

}  // namespace kasane::builder
