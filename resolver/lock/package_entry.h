#pragma once

#include <map>
#include <string>
#include <string_view>

#include "resolver/lock/lock.h"
#include "resolver/lock/lock_text.h"

namespace kasane::resolver {

/// A piece of a lock's text and where it stands. Line 0: not there.
struct LockField {
  std::string_view value;
  int line = 0;
  int column = 0;

  bool present() const { return line > 0; }
};

/// Collects the packages of a lock, whatever format they come in: checks names, URLs and hashes,
/// takes credentials out, and refuses a package that is named twice.
class PackageCollector {
 public:
  PackageCollector(const LockText& text, const LockSelection& selection, Lock& lock)
      : text_(text), selection_(selection), lock_(lock) {}

  /// What the text says of one package; `package` holds the parts that need no check.
  struct Entry {
    LockedPackage package;
    LockField name;
    LockField version;
    LockField build;
    LockField url;
    LockField sha256;
    LockField md5;
  };
  void add(Entry entry);

  Error error_at(const LockField& field, std::string message) const;
  Error error_at(ErrorKind kind, const LockField& field, std::string message) const;
  /// The URL without credentials, which go into the lock.
  std::string take_url(const LockField& field, Manager manager);

 private:
  void check_word(const LockField& field, std::string_view what) const;
  void check_file(const Entry& entry) const;
  void read_hashes(Entry& entry) const;
  std::string expand(const LockField& field, std::string_view text) const;
  void refuse_duplicate(const Entry& entry);

  const LockText& text_;
  const LockSelection& selection_;
  Lock& lock_;
  std::map<std::pair<Manager, std::string>, std::size_t> known_;
};

}  // namespace kasane::resolver
