"""`python -m bench [NAME…]`: run the benchmarks, print them, exit 1 where a figure is missed."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

from bench import (
    convert,
    directory,
    door,
    fair,
    fidelity,
    html,
    importing,
    memory,
    names,
    office,
    page,
    reading,
    resolve,
    road,
    stitch,
    unpack,
    upload,
    visible,
)
from bench.rounds import Figure, NotMeasured, write_figures

_BENCHMARKS: dict[str, Callable[[], list[Figure]]] = {
    "door-large": door.large,
    "door-small": door.small,
    "door-memory": door.memory,
    "door-draining": road.draining,
    "directory": directory.import_100_000,
    "road-together": road.together,
    "road-alone": road.alone,
    "fair": fair.beside_a_flood,
    "import": importing.mailbox,
    "visible": visible.in_the_list,
    "resolve": resolve.labelled_set,
    "names": names.each,
    "office": office.mixed,
    "office-alone": office.alone,
    "html": html.short_mail,
    "memory": memory.conversions,
    "reading": reading.corpus,
    "convert": convert.corpus,
    "fidelity": fidelity.corpus,
    "stitch": stitch.of_2000_pages,
    "unpack-large": unpack.large,
    "unpack-small": unpack.small,
    "unpack-memory": unpack.memory,
    "upload": upload.beside_others,
    "upload-memory": upload.memory,
    "page": page.of_a_sender,
}
_FIGURES_FILE = Path("var/bench.json")


def main(asked: list[str]) -> int:
    """Run the named benchmarks, or all of them. Return the exit code."""
    unknown = set(asked) - _BENCHMARKS.keys()
    if unknown:
        print(f"no such benchmark: {', '.join(sorted(unknown))}", file=sys.stderr)
        print(f"there are: {', '.join(_BENCHMARKS)}", file=sys.stderr)
        return 2
    figures: list[Figure] = []
    missed = False
    for name in asked or _BENCHMARKS:
        print(f"\n== {name}: {_BENCHMARKS[name].__doc__}", flush=True)
        try:
            figures += _BENCHMARKS[name]()
        except NotMeasured as reason:
            print(f"not measured: {reason}")
            missed = True
    print("\nAsked for")
    for figure in figures:
        print(f"  {figure}")
    _FIGURES_FILE.parent.mkdir(parents=True, exist_ok=True)
    write_figures(figures, _FIGURES_FILE)
    return int(missed or not all(figure.reached for figure in figures))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
