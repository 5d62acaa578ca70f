"""What an engine's output depends on: its program or libraries, and our own code around them."""

from __future__ import annotations

import ast
import hashlib
import importlib.metadata
from collections.abc import Iterator
from functools import cache
from pathlib import Path

_HERE = Path(__file__).parent
_LIBRARIES = {
    "html": ("weasyprint", "nh3", "charset-normalizer"),
    "text": ("weasyprint", "charset-normalizer", "pypdf"),
    "image": ("img2pdf", "pillow", "pillow-heif"),
    "card": ("weasyprint", "nh3", "charset-normalizer", "pypdf"),
    "drawing": ("weasyprint",),
    "markdown": ("weasyprint", "nh3", "markdown-it-py", "charset-normalizer"),
    "bundle": ("weasyprint", "nh3", "charset-normalizer"),
    "office": (),
    "mend": ("pikepdf",),
    "thumbnail": ("pypdfium2", "pillow"),
}
_OF_THE_CHECK = ("pikepdf", "xlrd", "striprtf")
# The modules of ours that an engine begins with; what they import belongs to it. A change of any
# makes a new output.
_MODULES = {
    "html": ("html", "page"),
    "text": ("text", "page"),
    "image": ("image",),
    "card": ("card", "page"),
    "drawing": ("drawing", "page"),
    "markdown": ("markdown", "page"),
    "bundle": ("bundle", "page"),
    "office": ("office", "office_driver", "admission"),
    "mend": ("mend",),
    "thumbnail": ("thumbnail",),
}


def of(engine: str, office: tuple[str, str] | None = None) -> tuple[str, str]:
    """Return the engine's name with its version, and a short hash of all that shapes its output.

    That is the check as well, which says whether it is a conversion and what it lacks. `office` is
    the version and the settings of LibreOffice, for the engine of that name.
    """
    libraries, modules = _LIBRARIES[engine], _MODULES[engine]
    if engine != "thumbnail":
        libraries, modules = (*libraries, *_OF_THE_CHECK), (*modules, "check")
    shape = [f"{each} {importlib.metadata.version(each)}" for each in libraries]
    if office is not None:
        shape = [f"LibreOffice {office[0]}", office[1], *shape]
    digest = hashlib.sha256(" ".join(shape).encode())
    for module in sorted(_with_imports(modules)):
        digest.update(_file(module).read_bytes())
    return shape[0], digest.hexdigest()[:16]


def _with_imports(modules: tuple[str, ...]) -> set[str]:
    found: set[str] = set()
    waiting = list(modules)
    while waiting:
        if (module := waiting.pop()) not in found:
            found.add(module)
            waiting += _imported(module)
    return found


@cache
def _imported(module: str) -> tuple[str, ...]:
    """Name the modules beside it that a module imports."""
    return tuple(_names(ast.parse(_file(module).read_bytes())))


def _names(tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module == __package__:
            yield from (one.name for one in node.names)
        elif isinstance(node, ast.ImportFrom) and (node.module or "").startswith(f"{__package__}."):
            yield (node.module or "").partition(".")[2]


def _file(module: str) -> Path:
    return _HERE / f"{module}.py"
