"""Wheels and directories of wheels as indexes, made by tests."""

import base64
import hashlib
import zipfile


def write_wheel(folder, name, version, requires=(), modules=None, scripts=None, extras=None, tag="py3-none-any",
                requires_python=None):
    """Writes a wheel; `modules` maps paths to text, `scripts` console commands to `module:function`, `extras` names
    to requirements. Returns its path."""
    stem = name.replace("-", "_")
    headers = [("Metadata-Version", "2.1"), ("Name", name), ("Version", version)]
    headers += [("Requires-Dist", text) for text in requires]
    for extra, texts in (extras or {}).items():
        headers += [("Provides-Extra", extra), *(("Requires-Dist", f"{text}; extra == '{extra}'") for text in texts)]
    if requires_python:
        headers.append(("Requires-Python", requires_python))
    info = f"{stem}-{version}.dist-info"
    files = dict(modules or {f"{stem}.py": f"version = '{version}'\n"})
    files[f"{info}/METADATA"] = "".join(f"{key}: {value}\n" for key, value in headers)
    files[f"{info}/WHEEL"] = f"Wheel-Version: 1.0\nGenerator: tests\nRoot-Is-Purelib: true\nTag: {tag}\n"
    if scripts:
        lines = [f"{command} = {target}" for command, target in scripts.items()]
        files[f"{info}/entry_points.txt"] = "[console_scripts]\n" + "\n".join(lines) + "\n"
    rows = [f"{path},sha256={_digest(text.encode())},{len(text.encode())}" for path, text in files.items()]
    files[f"{info}/RECORD"] = "\n".join([*rows, f"{info}/RECORD,,"]) + "\n"
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{stem}-{version}-{tag}.whl"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for file, text in files.items():
            archive.writestr(zipfile.ZipInfo(file, (2020, 1, 1, 0, 0, 0)), text)
    return path


def add_to_index(index, name, version, **more):
    """The wheel in the directory of its project, below `index`."""
    return write_wheel(index / name, name, version, **more)


def _digest(content):
    return base64.urlsafe_b64encode(hashlib.sha256(content).digest()).rstrip(b"=").decode()
