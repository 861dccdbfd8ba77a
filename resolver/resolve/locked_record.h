#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "resolver/conda/record_source.h"
#include "resolver/lock/lock.h"

namespace kasane::resolver {

/// A record as a lock has it.
LockedPackage locked_record(std::string_view name, const IndexRecord& record, RecordSource& source);

/// MatchSpecs for that very package, the strictest first: by its hash, then by version and build.
std::vector<std::string> identities_of(const LockedPackage& package);

}  // namespace kasane::resolver
