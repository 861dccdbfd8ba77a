"""Packages that nobody should install, made byte by byte."""

import hashlib
import io
import json
import struct
import subprocess
import tarfile
import zipfile

NAME, VERSION, BUILD = "evil", "1.0", "h0_0"
STEM = f"{NAME}-{VERSION}-{BUILD}"


def member(path, data=b"", type=tarfile.REGTYPE, link="", mode=0o644):
    info = tarfile.TarInfo(path)
    info.type, info.linkname, info.mode, info.size = type, link, mode, len(data)
    return info, data


def tar(members, format=tarfile.PAX_FORMAT):
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=format) as archive:
        for info, data in members:
            archive.addfile(info, io.BytesIO(data) if data else None)
    return buffer.getvalue()


def info_members(paths, index=None):
    """The metadata for `paths`: pairs of path and content."""
    index = index or {"name": NAME, "version": VERSION, "build": BUILD, "build_number": 0, "depends": [],
                      "subdir": "linux-64"}
    entries = [{"_path": path, "path_type": kind, "sha256": hashlib.sha256(data).hexdigest(),
                "size_in_bytes": len(data)} for path, data, kind in paths]
    return [member("info/index.json", json.dumps(index).encode()),
            member("info/paths.json", json.dumps({"paths": entries, "paths_version": 1}).encode())]


def zstd(data, *options):
    return subprocess.run(["zstd", "-q", "-c", *options], input=data, stdout=subprocess.PIPE, check=True).stdout


def conda(members, paths, compress=zstd, info=None):
    """A `.conda` of `members`, whose metadata names `paths`."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_STORED) as archive:
        for name, data in (("metadata.json", b'{"conda_pkg_format_version": 2}'),
                           (f"pkg-{STEM}.tar.zst", compress(tar(members))),
                           (f"info-{STEM}.tar.zst", zstd(tar(info or info_members(paths))))):
            archive.writestr(zipfile.ZipInfo(name), data)
    return buffer.getvalue()


def simple(path, data=b"x"):
    return conda([member(path, data)], [(path, data, "hardlink")])


def link(path, target):
    return conda([member(path, type=tarfile.SYMTYPE, link=target)], [(path, b"", "softlink")])


def hard_link(path, target):
    return conda([member("a", b"x"), member(path, type=tarfile.LNKTYPE, link=target)],
                 [("a", b"x", "hardlink"), (path, b"x", "hardlink")])


def device(path):
    return conda([member(path, type=tarfile.CHRTYPE)], [(path, b"", "hardlink")])


def through_a_link():
    """A link to a folder, and a file written through it."""
    return conda([member("lib", type=tarfile.SYMTYPE, link="/etc"), member("lib/passwd", b"x")],
                 [("lib", b"", "softlink"), ("lib/passwd", b"x", "hardlink")])


def duplicate(path="a"):
    return conda([member(path, b"x"), member(path, b"y")], [(path, b"y", "hardlink")])


def bomb():
    """4 GB of zeros that the metadata calls ten bytes."""
    info = tarfile.TarInfo("zeros")
    info.size = 4 << 30
    script = "{ cat; head -c 4294968320 /dev/zero; } | zstd -q -c -1"
    content = subprocess.run(["sh", "-c", script], input=info.tobuf(tarfile.PAX_FORMAT), check=True,
                             stdout=subprocess.PIPE).stdout
    return conda([], [("zeros", b"0123456789", "hardlink")], compress=lambda _: content)


def wrong_content():
    """The archive is whole, but a file in it is not the one that paths.json lists."""
    return conda([member("a", b"of another size")], [("a", b"right", "hardlink")])


def missing_file():
    return conda([member("a", b"x")], [("a", b"x", "hardlink"), ("b", b"x", "hardlink")])


def headers_disagree():
    """The zip's central directory and a local header name different members."""
    content = bytearray(simple("a"))
    at = content.index(b"PK\x03\x04")
    length, = struct.unpack_from("<H", content, at + 26)
    content[at + 30:at + 30 + length] = b"m" + b"X" * (length - 1)
    return bytes(content)


def truncated(content):
    return content[:len(content) * 2 // 3]


def flipped(content):
    """One bit of the payload's compressed bytes."""
    content = bytearray(content)
    at = content.index(b"\x28\xb5\x2f\xfd") + 12
    content[at] ^= 0x10
    return bytes(content)


def other_name():
    index = {"name": "other", "version": VERSION, "build": BUILD, "build_number": 0, "depends": [],
             "subdir": "linux-64"}
    return conda([member("a", b"x")], [], info=info_members([("a", b"x", "hardlink")], index))
