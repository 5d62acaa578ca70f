"""The vaults of tests: what is handed from one to the next is as new."""

from __future__ import annotations

import io
from pathlib import Path

import pytest

from portal.vault import Vault
from tests import vaults


@pytest.fixture
def none_spare(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(vaults, "_spare", [])


def opened(folder: Path) -> Vault:
    folder.parent.mkdir()
    vaults.place(folder)
    vault = Vault(folder)
    vault.prepare()
    return vault


@pytest.mark.usefixtures("none_spare")
def test_a_vault_that_is_handed_on_holds_nothing(tmp_path: Path) -> None:
    used = opened(tmp_path / "one" / "vault")
    blob = used.add(io.BytesIO(b"of the first test"))
    used.draft().write(b"begun")
    used.upload("a").write_bytes(b"on its way")
    vaults.take_back(used)
    next_one = opened(tmp_path / "two" / "vault")
    assert not (tmp_path / "one" / "vault").exists()
    assert not next_one.holds(blob.sha256)
    left = [path for path in (tmp_path / "two" / "vault").rglob("*") if path.is_file()]
    assert left == [tmp_path / "two" / "vault" / "gate"]
    assert next_one.add(io.BytesIO(b"of the first test")) == blob


@pytest.mark.usefixtures("none_spare")
@pytest.mark.parametrize("mode", [None, 0o500], ids=["gone", "read-only"])
def test_a_vault_whose_folders_a_test_changed_is_not_handed_on(
    tmp_path: Path, mode: int | None
) -> None:
    used = opened(tmp_path / "one" / "vault")
    folder = tmp_path / "one" / "vault" / "ab"
    if mode is None:
        folder.rmdir()
    else:
        folder.chmod(mode)
    vaults.take_back(used)
    assert vaults._spare == []
