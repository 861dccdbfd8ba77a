#include "builder/bytecode/driver.h"

namespace kasane::builder {

std::string_view driver_program() {
  return R"python(
import gc
import marshal
import posix
import sys
import _imp
from _frozen_importlib_external import MAGIC_NUMBER

KEY = int.from_bytes(MAGIC_NUMBER, "little")
UNCHECKED_HASH = (1).to_bytes(4, "little")
NOTHING = b"\xff\xff\xff\xff"
SETS_ARE_SORTED = sys.version_info >= (3, 11)
CODE = type(compile("", "", "exec"))


def read(size):
    parts = []
    while size:
        part = posix.read(0, min(size, 1 << 20))
        if not part:
            posix._exit(0)
        parts.append(part)
        size -= len(part)
    return b"".join(parts)


def read_number():
    return int.from_bytes(read(4), "little")


def write(data):
    view = memoryview(data)
    while view:
        view = view[posix.write(1, view):]


def hash_is_an_address(value):
    if isinstance(value, (tuple, frozenset)):
        return any(map(hash_is_an_address, value))
    return value is None or value is Ellipsis or value != value


def has_unstable_set(code):
    def is_unstable(value):
        if isinstance(value, CODE):
            return has_unstable_set(value)
        if isinstance(value, frozenset):
            return len(value) > 1 and hash_is_an_address(value)
        return isinstance(value, tuple) and any(map(is_unstable, value))
    return any(map(is_unstable, code.co_consts))


def compile_file(path, source):
    code = compile(source, path, "exec", dont_inherit=True, optimize=0)
    if not SETS_ARE_SORTED and has_unstable_set(code):
        return None
    return b"".join((MAGIC_NUMBER, UNCHECKED_HASH, _imp.source_hash(KEY, source), marshal.dumps(code)))


def answer_for(path, source):
    try:
        pyc = compile_file(path, source)
    except BaseException:
        pyc = None
    return NOTHING if pyc is None else len(pyc).to_bytes(4, "little") + pyc


def answer_in_child(files):
    pid = posix.fork()
    if pid == 0:
        status = 1
        try:
            write(b"".join([answer_for(path, source) for path, source in files]))
            status = 0
        finally:
            posix._exit(status)
    return posix.waitpid(pid, 0)[1] == 0


def serve():
    write(MAGIC_NUMBER + sys.version_info[1].to_bytes(4, "little") + _imp.source_hash(KEY, b"kasane"))
    while True:
        files = []
        for _ in range(read_number()):
            path = read(read_number()).decode("utf-8", "surrogateescape")
            files.append((path, read(read_number())))
        if answer_in_child(files):
            continue
        for file in files:
            if not answer_in_child([file]):
                write(NOTHING)


gc.disable()
gc.freeze()
serve()
)python";
}

}  // namespace kasane::builder
