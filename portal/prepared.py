"""A statement that is compiled once.

SQLAlchemy keeps no compiled form of an insert with ON CONFLICT, and building one anew costs
several times what running it does, under the interpreter's lock. Finding the kept form of a query
and making its result cost more than running a small one.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, cast

import sqlalchemy as sa

_Processor = Callable[[Any], Any]


@dataclass(frozen=True)
class _Compiled:
    text: str
    order: tuple[str, ...] | None  # of the parameters, where they are told apart by their place
    constants: Mapping[str, Any]
    processors: Mapping[str, _Processor]


@dataclass(frozen=True)
class Prepared:
    """What `build` returns, ready to be run with the values of its columns. Safe for threads.

    Of a query they are those of its bound parameters. Rows come back as the driver gives them: what
    is returned must be numbers or text.
    """

    build: Callable[[], sa.Insert | sa.Select[Any]]
    schemas: Mapping[str, str | None] | None = None  # written for those that `build` names
    _kept: dict[tuple[str, ...], _Compiled] = field(default_factory=dict)

    def run(self, connection: sa.Connection, values: Mapping[str, Any]) -> sa.CursorResult[Any]:
        """Execute the statement; the columns it sets are those of `values`, and its constants."""
        return connection.exec_driver_sql(*self._said(connection, values))

    def first(self, connection: sa.Connection, values: Mapping[str, Any]) -> tuple[Any, ...] | None:
        """Return a query's first row, asked of the driver itself. The faults are the driver's."""
        cursor = connection.connection.cursor()
        try:
            cursor.execute(*self._said(connection, values))
            return cast("tuple[Any, ...] | None", cursor.fetchone())
        finally:
            cursor.close()

    def _said(
        self, connection: sa.Connection, values: Mapping[str, Any]
    ) -> tuple[str, dict[str, Any] | tuple[Any, ...]]:
        """Return the text and the parameters as the driver takes them."""
        key = (connection.dialect.name, *values)
        # Two threads may both compile it: they come to the same.
        compiled = self._kept.get(key) or self._kept.setdefault(
            key, self._compile(connection.dialect, list(values))
        )
        given = {**compiled.constants, **values}
        for name, process in compiled.processors.items():
            given[name] = process(given[name])
        if compiled.order is None:
            return compiled.text, given
        return compiled.text, tuple(given[name] for name in compiled.order)

    def _compile(self, dialect: sa.Dialect, columns: list[str]) -> _Compiled:
        compiled = self.build().compile(
            dialect=dialect,
            column_keys=columns,
            schema_translate_map=dict(self.schemas or {}) or None,
            render_schema_translate=self.schemas is not None,
        )
        assert isinstance(compiled, sa.sql.compiler.SQLCompiler), "an insert is SQL"
        processors = {
            name: process
            for bind, name in compiled.bind_names.items()
            if (process := bind.type.dialect_impl(dialect).bind_processor(dialect)) is not None
        }
        constants = {
            name: bind.value for bind, name in compiled.bind_names.items() if name not in columns
        }
        order = tuple(compiled.positiontup) if compiled.positiontup is not None else None
        return _Compiled(str(compiled), order, constants, processors)
