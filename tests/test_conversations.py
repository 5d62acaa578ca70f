"""Conversations of several mails: 0 to a wrong case, 0 details to somebody who is not proven."""

from __future__ import annotations

import pytest

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
