"""The narrative: what stands around the words goes, and nothing that a person says goes with it."""

from __future__ import annotations

import dataclasses

import pytest
from hypothesis import given
from hypothesis import strategies as st

from config.apart import rules
from gateway.road.narrative import narrative_of, split_words
from tests.packages import words

SAID = "Dear Dana,\n\nthe report on 24-001234 is ready. We disagree with it."
NAMES = frozenset({"pat", "hall", "pat.hall@bakerllp.example"})
BLOCK = "Pat Hall\nPartner | Baker LLP\n100 Main Street\nBoston, MA 02110\nT: 617-555-0100"
NOTICE = (
    "CONFIDENTIALITY NOTICE: This e-mail message, including any attachments, is for the sole use\n"
    "of the intended recipient(s) and may contain confidential and privileged information. If you\n"
    "are not the intended recipient, please contact the sender and destroy all copies."
)


def kept(text: str) -> str:
    return split_words(text, rules(), NAMES).kept


def kinds(text: str) -> list[str]:
    return [one.what for one in split_words(text, rules(), NAMES).apart]


@pytest.mark.parametrize(
    "below",
    [
        "-- \nPat Hall\nBaker LLP",
        "--\nPat Hall",
        "--\nPat Hall   <pat.hall@bakerllp.example>\nWe have cornered the market and profited.",
        f"Best regards,\n\n{BLOCK}",
        f"{BLOCK}\npat.hall@bakerllp.example",
        "Thanks,\nPat",
        "Thanks, Pat",
        "Many thanks!\n\nPat Hall",
        f"Thank you,\nBest regards,\n\n{BLOCK}\n\n{NOTICE}",
        NOTICE,
        f"Very truly yours,\nPat\n{NOTICE}\n\nSent from my iPhone",
        "Get Outlook for iOS<https://aka.ms/o0ukef>",
        "Mit freundlichen Grüßen\n\nPat Hall\nRechtsanwalt\nTel. +49 30 1234567",
        "MfG\nPat Hall",
        "Von meinem iPhone gesendet",
        (
            "Diese E-Mail enthält vertrauliche Informationen. Wenn Sie nicht der richtige Adressat "
            "sind, informieren Sie bitte den Absender."
        ),
        "Cordialement,\n\nPat Hall\nEnvoyé de mon iPhone",
        "Ce message est confidentiel et destiné exclusivement à son destinataire.",
        (
            "Un cordial saludo,\nPat\n\nEste mensaje se dirige exclusivamente a su "
            "destinatario y puede contener información confidencial."
        ),
        "Atenciosamente,\nPat\n\nEnviado do meu iPhone",
        "Cordiali saluti\nPat Hall\n\nQuesto messaggio è riservato e destinato al destinatario.",
        "Met vriendelijke groet,\nPat\n\nVerstuurd vanaf mijn iPad",
        "Med venlig hilsen\nPat Hall",
        "Med vänliga hälsningar\nPat\n\nSkickat från min iPhone",
        "Ystävällisin terveisin\nPat",
        "Z poważaniem\nPat Hall\n\nWysłane z iPhone'a",
        "С уважением,\nПэт\n\nОтправлено с iPhone",  # noqa: RUF001 -- Russian
        "此致\n敬礼\nPat\n\n发自我的iPhone",
        "以上、よろしくお願いいたします。\n\nPat Hall\n\niPhoneから送信",
        "______________________\nClaims mailing list\nclaims@lists.example",
        "Please consider the environment before printing this e-mail.",
        "This e-mail has been scanned for viruses by MailScanner and is believed to be clean.",
    ],
)
def test_what_stands_under_the_words_goes(below: str) -> None:
    assert kept(f"{SAID}\n\n{below}\n") == SAID


@pytest.mark.parametrize(
    "above",
    [
        (
            "CAUTION: This email originated from outside of the organization. Do not click "
            "links or open attachments unless you know the sender.\n"
        ),
        (
            "CAUTION: This email originated from outside of\nthe organization. Do not click links "
            "unless\nyou recognize the sender."
        ),
        "EXTERNAL EMAIL\n",
        "External Email - Do not click links unless you trust the sender.\n",
        "[EXTERNAL]",
        "[EXT] ",
        "*** EXTERNAL SENDER ***\n",
        (
            "You don't often get email from pat@x.example. Learn why this is important"
            "<https://aka.ms/LearnAboutSenderIdentification>\n"
        ),
        "ACHTUNG: Externe E-Mail!\n",
        "Diese E-Mail kommt von einem externen Absender.\n",
        "Attention : courriel externe. Ne cliquez pas sur les liens.\n",
        "Este correo proviene de un remitente externo.\n",
        "Questa e-mail proviene da un mittente esterno.\n",
        "Deze e-mail komt van een externe afzender.\n",
        "外部からのメールです。\n",
    ],
)
def test_what_a_mail_system_put_above_the_words_goes(above: str) -> None:
    assert kept(f"{above}\n{SAID}") == SAID


@pytest.mark.parametrize(
    "text",
    [
        "Warning: the external fixator was removed by the firm's expert.\n\nFile it, please.",
        "The email was sent from outside counsel and has links to the expert's firm.\n\nSee it.",
        "We have the records.\n\nThanks\n\nP.S. Please call Dr. Lee on 617-555-0100 by Friday.",
        "Hello,\n\nThank you!\nThe patient was seen at 10:00 and at 12:00. We disagree.\n\nDana",
        "The witness:\n\nDr. John Smith\n100 Main Street\nTel: 617-555-0199\njohn@hospital.example",
        "The settlement is confidential; the recipient of it must not tell anybody.",
        "Our position:\n---\nThe claim is time-barred.\nThe statute ran in May.",
        "Three points:\n--\n" + "First, there is no duty of care in the case of the nurse.\n" * 40,
        "Best regards from the mediation in Boston, where nothing was agreed.",
        "Sent from my desk are the reports on Dr. Weaver, the nurse and the clinic. Read it.",
        "Thanks,\nPat",
        NOTICE,
        "-- \nPat Hall",
        "[EXTERNAL]",
        "Calls:\n-----\n" + "10:05 to 617-555-0100\n" * 15,
        "Summary\n--\nPatient fell on May 5.\nNurse did not chart.",
        "Best regards to all.\nRegards,\nPat\n\nEnclosures: none. The judge denied the motion.",
    ],
)
def test_what_a_person_says_stays_and_nothing_is_emptied(text: str) -> None:
    assert kept(text).split() == text.split()


def test_a_number_under_the_signature_leaves_the_narrative_alone() -> None:
    text = f"{SAID}\n\nRegards,\nPat Hall\nOur file: 24-009999"
    own = words(text)
    assert narrative_of(own, rules()).kept == SAID
    assert "24-009999" in own.new, "resolve reads all the new words, and asks where they disagree"


def test_a_message_passed_on_without_a_word_is_its_own_narrative() -> None:
    own = dataclasses.replace(words("---- Forwarded message ----\nThe records."), new="")
    assert narrative_of(own, rules()).kept == own.text
    assert narrative_of(own, rules()).apart == ()


def test_history_is_named_with_the_words_that_it_has() -> None:
    own = dataclasses.replace(words(f"{SAID}\n\n> old"), new=SAID)
    split = narrative_of(own, rules())
    assert [(one.what, one.text) for one in split.apart] == [("history", "> old")]


def test_what_nobody_sees_is_not_in_the_narrative() -> None:
    own = words("\u200bre\u00adport\u2060 \u202e\ufeff\U000e0041ready")
    assert narrative_of(own, rules()).kept == "report ready"
    assert narrative_of(words("\u200b\u2060\ufeff"), rules()).kept.strip() == ""
    emoji = "\U0001f468\u200d\U0001f469"
    assert narrative_of(words(f"It is {emoji}."), rules()).kept == f"It is {emoji}."


LINES = st.lists(
    st.sampled_from(
        [
            "", "Thanks,", "Pat Hall", "-- ", "---", "Regards", "617-555-0100", "[EXTERNAL]",
            "CAUTION: This email originated from outside of the organization.", "The records.",
            "Sent from my iPhone", NOTICE, "P.S. one more thing", "> old", "\u200b",
        ]
    )
)  # fmt: skip


@given(LINES)
def test_words_stay_words_and_every_line_is_kept_or_set_apart(lines: list[str]) -> None:
    text = "\n".join(lines)
    split = split_words(text, rules(), NAMES)
    assert any(map(str.isalnum, split.kept)) == any(map(str.isalnum, text))
    left = sorted(" ".join((split.kept, *(one.text for one in split.apart))).split())
    rules_only = {"--", "---"}  # between two cuts they belong to neither
    assert [one for one in left if one not in rules_only] == sorted(
        one for one in text.split() if one not in rules_only
    )
