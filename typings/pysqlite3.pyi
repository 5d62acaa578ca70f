"""SQLite in a wheel: of its DB-API module we ask the version, and hand it to SQLAlchemy."""

sqlite_version: str
sqlite_version_info: tuple[int, int, int]

class OperationalError(Exception): ...
