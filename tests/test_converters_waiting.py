"""Who waits for a process, and who is next."""

from __future__ import annotations

from converters.waiting import Place, Waiting


def served(waiting: Waiting, places: list[Place]) -> list[str | None]:
    """Serve all of them, one after the other, and return whose they were."""
    order = []
    while places:
        (following,) = [place for place in places if waiting.is_next(place)]
        places.remove(following)
        waiting.leave(following)
        waiting.take(following.whose)
        waiting.give_back(following.whose)
        order.append(following.whose)
    return order


def test_whoever_has_less_in_hand_goes_first() -> None:
    waiting = Waiting()
    waiting.take("flood")
    flood, quiet = waiting.come("flood"), waiting.come("quiet")
    assert waiting.is_next(quiet)
    assert not waiting.is_next(flood)
    waiting.leave(quiet)
    assert waiting.is_next(flood)


def test_of_equals_who_was_served_longest_ago_goes_first_and_then_who_came_first() -> None:
    waiting = Waiting()
    places = [waiting.come(whose) for whose in ("a", "a", "a", "b", None, "b")]
    assert served(waiting, places) == ["a", "b", None, "a", "b", "a"]


def test_whoever_has_ended_is_forgotten() -> None:
    waiting = Waiting()
    for number in range(1000):
        served(waiting, [waiting.come(f"letter {number}")])
    assert not waiting._served
    assert not waiting._in_hand
    waiting.take("a")
    assert (waiting.in_hand("a"), waiting.in_hand("b")) == (1, 0)
