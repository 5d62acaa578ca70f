"""Quoted history goes from the new words, and nothing that a person wrote goes with it."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.reader.history import new_words

NEW = "Dear Dana,\n\nthe report on 24-001234 is attached.\n\nPat"


@pytest.mark.parametrize(
    "history",
    [
        "On Mon, May 5, 2025 at 10:00 AM Pat Lee <pat@baker.example> wrote:\n\n> old\n> older",
        "On Mon, May 5, 2025 at 10:00 AM Pat Lee <pat@baker.example> wrote:\nold without marks",
        "On Mon, May 5, 2025 at 10:00 AM Pat Lee\n<pat@baker.example> wrote:\n\nold",
        "On May 5, 2025, at 10:00 AM, Pat Lee\n<pat.lee.of.boston@baker.example>\nwrote:\n> old",
        "On 5/5/2025 10:00 AM, Pat Lee wrote:\n> old",
        "On Mon, 5 May 2025, Pat Lee wrote:\n\n> old",
        "Pat Lee <pat@baker.example> writes:\n\n> old",
        "Am 05.05.2025 um 10:00 schrieb Pat Lee:\n> alt",
        "Am Mo., 5. Mai 2025 um 10:00 Uhr schrieb Pat Lee <pat@baker.example>:\n\n> alt",
        "Hocuri schrieb am 17.03.2021 14:25 (GMT +01:00):\n\nalt",
        "Le lun. 5 mai 2025 à 10:00, Pat Lee <pat@baker.example> a écrit :\n\n> vieux",
        "Le 5 mai 2025 à 10:00, Pat Lee a écrit\xa0:\n> vieux",
        "El lun, 5 may 2025 a las 10:00, Pat Lee (<pat@baker.example>) escribió:\n\n> viejo",
        "Il giorno lun 5 mag 2025 alle ore 10:00 Pat Lee <pat@baker.example> ha scritto:\n\n> x",
        "Op ma 5 mei 2025 om 10:00 schreef Pat Lee <pat@baker.example>:\n\n> oud",
        "Em seg., 5 de mai. de 2025 às 10:00, Pat Lee <pat@baker.example> escreveu:\n\n> x",
        "Den mån 5 maj 2025 kl 10:00 skrev Pat Lee <pat@baker.example>:\n\n> gammalt",
        "pon., 5 maj 2025 o 10:00 Pat Lee <pat@baker.example> napisał(a):\n\n> x",
        "пн, 5 мая 2025 \u0433. в 10:00, Pat Lee <pat@baker.example> написал:\n\n> x",
        "2025年5月5日(月) 10:00 Pat Lee <pat@baker.example> のメール:\n\n> x",
        "-----Original Message-----\nFrom: Pat\nSent: Monday\nTo: Dana\nSubject: x\n\nold",
        "----- Original Message -----\nold",
        "________________________________\nFrom: Pat\nSent: Monday\nTo: Dana\nSubject: x\n\nold",
        "______________________________\n\nFrom: Pat\nSent: x\nTo: Dana\nSubject: x\n\nold",
        "From: Pat Lee <pat@baker.example>\nSent: Monday, May 5\nTo: Dana\nSubject: x\n\nold",
        "*From:* Pat Lee\n*Sent:* Monday\n*To:* Dana\n*Subject:* x\n\nold",
        "Von: Pat Lee\nGesendet: Montag\nAn: Dana\nBetreff: x\n\nalt",
        "Gesendet: Montag\nVon: Pat Lee\nAn: Dana\nBetreff: x\n\nalt",
        "De : Pat Lee\nEnvoyé : lundi\nÀ : Dana\nObjet : x\n\nvieux",
        "De: Pat\nEnviado el: lunes\nPara: Dana\nAsunto: x\n\nviejo",
        "Da: Pat\nInviato: lunedì\nA: Dana\nOggetto: x\n\nvecchio\nA: x",
        "发件人: Pat\n发送时间: 2025\n收件人: Dana\n主题: x\n\n旧",
        "-----Ursprüngliche Nachricht-----\nalt",
        "-----Message d'origine-----\nvieux",
        "---------- Forwarded message ---------\nFrom: Pat\nDate: x\nSubject: x\nTo: Dana\n\nold",
        "---------- Forwarded message ---------\nold",
        "-------- Forwarded Message --------\nold",
        "----- Forwarded by Pat Lee/Baker on 05/05/2025 10:00 AM -----\nold",
        "Begin forwarded message:\n\n> From: Pat\n> Subject: x\n\nold",
        "> old\n> older\n>\n>> oldest",
        "Date: Thu, 26 Jun 2025\nSubject: x\nFrom: pat@baker.example\nTo: d@x.example\n\nold",
        "Thu, 26 Jun 2025 14:00:51 +0400 от Pat Lee <pat@baker.example>:\n\nold",
        '26.06.2025, 14:41, "Pat Lee" <pat@baker.example>:\n\nold',
        "2025-06-26 14:41 GMT+02:00 Pat Lee <pat@baker.example>:\n\nold",
        "Jun 26, 2025, 14:41 by pat@baker.example:\n\nold",
        "2025-06-26 14:41 GMT+03:00 Pat Lee <\npat@baker.example>:\n\n> old",
        "Op 24 feb. 2025 om 22:48 heeft Pat Lee <pat@baker.example> geschreven:\n\noud",
        "-------- Origineel bericht --------\nOnderwerp: x\n\noud",
        "---- On Mon, 05 May 2025 10:00:00 -0400 Pat Lee <pat@baker.example> wrote ----\n\nold",
        "---- Pat Lee wrote ----\n\n> old\n> older",
        "Forwarded message:\n\n> From: Pat\n> Subject: x\n\nold",
    ],
)
def test_history_under_the_new_words_goes(history: str) -> None:
    assert new_words(f"{NEW}\n\n{history}\n") == NEW


def test_an_answer_under_the_quotation_stays() -> None:
    text = "On 5/5/2025 at 10:00 Pat <p@b.example> wrote:\n> Is it 24-009999?\n\nNo, 24-001234."
    assert new_words(text) == "No, 24-001234."


def test_answers_between_the_lines_stay() -> None:
    text = "Hi,\nOn 5/5/2025 10:00 AM, Pat wrote:\n> one?\nYes.\n> two?\nNo.\n"
    assert new_words(text) == "Hi,\n\nYes.\nNo."


@pytest.mark.parametrize(
    "text",
    [
        "On Monday the surgeon wrote:\nPatient stable. No complications.",
        "On 5 May 2024 Dr. Smith wrote:\n\nPatient stable.",
        "From: the clinic, I had no answer.\nTo: be honest, I expected none.",
        "The dose was\n> 5 mg, which is too much.",
        "Please compare:\n- - - - -\nfirst\n- - - - -\nsecond",
        "See the message below.\nBest regards",
        "Original message: there was none.",
        "Date: May 5\nSubject: surgery\nFrom: the clinic\nTo: the ward\n\nPatient stable.",
        "On 26.06.2025, 14:41 the ward called pat@baker.example: nobody answered.",
        "26.06.2025, 14:41, the nurse's note says:\nPatient stable.",
        "One\n\n\nTwo",
        "",
    ],
)
def test_a_persons_own_words_stay(text: str) -> None:
    assert new_words(text) == text


def test_a_message_that_is_all_history_has_no_new_words() -> None:
    assert new_words("> only\n> this") == ""
    assert new_words("---------- Forwarded message ---------\nFrom: x\n\nold") == ""


@given(st.text(alphabet="> \nOnFrom:Towrote-_@<|5", max_size=300))
@settings(deadline=None)
def test_only_whole_lines_go_and_none_is_made(text: str) -> None:
    lines = text.split("\n")
    for line in new_words(text).split("\n"):
        assert line in lines or not line
