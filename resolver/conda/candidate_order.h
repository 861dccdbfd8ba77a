#pragma once

namespace kasane::resolver {

class CandidateBook;
struct CandidateTable;

/// Puts candidates in the order in which they are to be tried:
///
///   1. those without track_features before those with
///   2. where channel priority is flexible: the earlier channel
///   3. the higher version
///   4. where channel priority is disabled: the earlier channel
///   5. the higher build number
///   6. the platform's before noarch
///   7. the variant whose dependencies reach higher versions: of the names that all candidates that
///      are equal so far depend on, in alphabetical order, the first for which these differ
///   8. the newer one
///   9. build string, channel, format and hash, so that the order is the same wherever the records
///      stood
///
/// conda orders like this but for 7, where it looks at the whole solution; 7 is as rattler does.
/// Collects the packages that step 7 needs.
void order_candidates(CandidateTable& table, CandidateBook& book);

}  // namespace kasane::resolver
