#pragma once

#include <string>
#include <string_view>

namespace kasane::resolver::pypi {

/// A version specifier with the mistakes put right that real metadata makes (docs/pypi.md, "What
/// real metadata gets wrong"): `>=1.2<2`, `>=1.2.*`, `!=3.0*`, `'>=3.6'`. What comes out may still
/// be no specifier.
std::string mend_specifier(std::string_view text);

/// The same for a whole requirement; its name, extras, URL and marker stay as they are.
std::string mend_requirement(std::string_view text);

}  // namespace kasane::resolver::pypi
