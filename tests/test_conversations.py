"""Conversations of several mails: 0 to a wrong case, 0 details to somebody who is not proven."""

from __future__ import annotations

import dataclasses

import pytest
from pydantic import ValidationError

from config.settings import Cases
from gateway.stores import Stores
from tests.conversing import Conversation, Talk, conversations
from tests.deciding import agrees

ALL = conversations()


def test_each_conversation_has_its_name() -> None:
    assert len({one.what for one in ALL}) == len(ALL)


@pytest.mark.parametrize("conversation", ALL, ids=lambda one: one.what)
def test_a_conversation_goes_as_its_label_says(
    sample_stores: Stores, conversation: Conversation
) -> None:
    talk = Talk(sample_stores)
    assert talk.take(conversation) == []
    assert agrees(talk.team)


def test_under_a_legal_hold_nothing_hides(sample_stores: Stores) -> None:
    held = sample_stores.settings.cases.model_copy(update={"legal_holds": ("24-001234",)})
    settings = sample_stores.settings.model_copy(update={"cases": held})
    talk = Talk(dataclasses.replace(sample_stores, settings=settings))
    conversation = next(one for one in ALL if one.what.startswith("DELETE with a name"))
    faults = talk.take(conversation)
    assert "mail 2: hidden is [], not ['smith.pdf']" in faults
    assert any("It stays where it is until they decide" in one for one in faults)


def test_a_legal_hold_that_is_no_number_stops_the_start() -> None:
    with pytest.raises(ValidationError, match="legal_holds names '24-1234'"):
        Cases(legal_holds=("24-1234",))
