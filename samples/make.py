"""Makes the sample letters anew: `python -m samples.make`. Their files are real, their people not.

The letters stand in this folder ready-made, so that a first run needs nothing of this.
"""

from __future__ import annotations

import io
import struct
import subprocess
import tempfile
from collections.abc import Iterable
from dataclasses import dataclass
from email.message import EmailMessage
from email.policy import SMTP
from pathlib import Path

import docx
import pillow_heif
from PIL import Image, ImageDraw, ImageFont

from converters import page as sheet

FOLDER = Path(__file__).parent
INTAKE = "claims@casebridge.example"


@dataclass(frozen=True)
class File:
    """An attachment."""

    name: str
    kind: str
    content: bytes


@dataclass(frozen=True)
class Sender:
    """Who writes."""

    name: str
    address: str


PAT = Sender("Pat Hall", "pat.hall@bakerllp.example")
KIM = Sender("Kim Holt", "kim.holt@bakerllp.example")
MORGAN = Sender("Morgan Ellis", "m.ellis@quillmarsh.example")

BODY_1500 = (
    "Dear colleagues,\n\nplease find attached our report on the mediation of November 12. The "
    "plaintiff's side opened with a demand that their own expert does not support, and came down "
    "twice in the course of the afternoon. The mediator, a retired judge, told both sides that he "
    "sees the standard of care as the weaker half of their case: the chart shows that the "
    "compartment pressure was measured at 02:10 and again at 03:40, and that the surgeon on call "
    "was told of both values within minutes.\n\nWhat speaks against us is the gap between 03:40 "
    "and 05:25, in which nothing is charted at all. The night nurse remembers two more checks, and "
    "says so clearly and without being led; but her memory is three years old, and the policy of "
    "the house asks for an entry every thirty minutes. We should expect a jury to read the gap as "
    "an absence of care and not of ink.\n\nOn damages the life care plan that they produced is "
    "built on home nursing around the clock. Our planner puts the need at four hours a day, which "
    "alone takes the present value down by more than half. She is ready to testify and makes a "
    "good witness.\n\nWe recommend to keep the offer of November 12 open until the end of the "
    "month, and to use the time for the deposition of the charge nurse. If the entry of 04:30 in "
    "the unit's log is hers, the gap is half as wide as it looks today. Our budget for that is in "
    "the second table of the report, with the hours of each expert set out by "
    "month, and by tasks too.\n\nWith kind regards from Boston,\n\nKim Holt\n"
)


def page(title: str, *paragraphs: str) -> bytes:
    """Print a plain page."""
    text = "".join(f"<p>{paragraph}</p>" for paragraph in paragraphs)
    with tempfile.TemporaryDirectory() as name:
        target = Path(name) / "page.pdf"
        sheet.write(sheet.wrapped(f"<h1>{title}</h1>{text}", title), target)
        return target.read_bytes()


def word(title: str, *paragraphs: str) -> bytes:
    """Write a Word document."""
    document = docx.Document()
    document.add_heading(title, level=1)
    for paragraph in paragraphs:
        document.add_paragraph(paragraph)
    table = document.add_table(rows=3, cols=3, style="Table Grid")
    for row, cells in enumerate(
        (("Step", "Hours", "Amount"), ("Experts", "14", "$5,600"), ("Depositions", "22", "$8,800"))
    ):
        for column, text in enumerate(cells):
            table.cell(row, column).text = text
    stream = io.BytesIO()
    document.save(stream)
    return stream.getvalue()


def open_document(word_file: bytes) -> bytes:
    """Turn a Word document into an OpenDocument text, by LibreOffice."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "source.docx").write_bytes(word_file)
        subprocess.run(
            [
                "soffice",
                "--headless",
                f"-env:UserInstallation=file://{folder}/profile",
                "--convert-to",
                "odt",
                "--outdir",
                str(folder),
                str(folder / "source.docx"),
            ],
            check=True,
            capture_output=True,
        )
        return (folder / "source.odt").read_bytes()


def picture(text: str, size: tuple[int, int], colour: str) -> Image.Image:
    """Draw a picture that shows which way is up."""
    image = Image.new("RGB", size, colour)
    draw = ImageDraw.Draw(image)
    font = ImageFont.truetype("DejaVuSans.ttf", size[1] // 12)
    draw.text((size[0] // 12, size[1] // 10), text, fill="white", font=font)
    draw.rectangle(
        (size[0] // 12, size[1] // 3, size[0] * 11 // 12, size[1] * 9 // 10),
        outline="white",
        width=4,
    )
    return image


def jpeg(image: Image.Image) -> bytes:
    """Save a JPEG that lies on its side and says so (Exif orientation 6)."""
    exif = Image.Exif()
    exif[0x0112] = 6
    stream = io.BytesIO()
    image.rotate(90, expand=True).save(stream, "JPEG", quality=80, exif=exif.tobytes())
    return stream.getvalue()


def heic(image: Image.Image) -> bytes:
    """Save a HEIC, as telephones do."""
    stream = io.BytesIO()
    pillow_heif.from_pillow(image).save(stream, quality=60)
    return stream.getvalue()


def png(image: Image.Image) -> bytes:
    """Save a PNG."""
    stream = io.BytesIO()
    image.save(stream, "PNG")
    return stream.getvalue()


def program() -> bytes:
    """Return the head of a Windows program: enough to be one by its bytes, not to run."""
    dos = b"MZ" + bytes(58) + struct.pack("<I", 64)
    coff = b"PE\0\0" + struct.pack("<HHIIIHH", 0x8664, 0, 0, 0, 0, 240, 0x22)
    return dos + coff + struct.pack("<H", 0x20B) + bytes(238) + bytes(512)


def letter(
    number: int,
    sender: Sender,
    subject: str,
    text: str,
    files: Iterable[File] = (),
    *,
    html: str | None = None,
    inline: tuple[str, bytes] | None = None,
) -> EmailMessage:
    """Put a message together, with dates and ids that stay the same."""
    message = EmailMessage(policy=SMTP)
    message["From"] = f"{sender.name} <{sender.address}>"
    message["To"] = INTAKE
    message["Subject"] = subject
    message["Date"] = f"Fri, 20 Nov 2026 1{number % 10}:05:00 -0500"
    message["Message-ID"] = f"<sample-{number:02}@{sender.address.partition('@')[2]}>"
    message.set_content(text)
    if html is not None:
        message.add_alternative(html, subtype="html")
        if inline is not None:
            body = message.get_body(("html",))
            assert body is not None
            body.add_related(
                inline[1],
                "image",
                "png",
                cid=f"<{inline[0]}>",
                filename="logo.png",
                disposition="inline",
            )
    for file in files:
        main, _, sub = file.kind.partition("/")
        if main == "text":
            message.add_attachment(file.content.decode(), subtype=sub, filename=file.name)
        else:
            message.add_attachment(file.content, main, sub, filename=file.name)
    for index, part in enumerate(message.walk()):
        if part.is_multipart():
            part.set_boundary(f"=_sample-{number:02}-{index}")
    return message


def letters() -> dict[str, EmailMessage]:
    """Return every sample letter by its name."""
    pdf, docx_kind = (
        "application/pdf",
        ("application/vnd.openxmlformats-officedocument.wordprocessingml.document"),
    )
    plan = word("Litigation plan", "What we propose until the trial.", "Costs by step:")
    forwarded = letter(
        40,
        Sender("Records Office", "records@valleyhospital.example"),
        "Chart, certified copy",
        "Here is the certified copy that you asked for.\n",
        [File("chart.pdf", pdf, page("Certified copy", "Page 1 of the chart."))],
    )
    all_characters = letter(
        5,
        PAT,
        "Documents in case 24-001234",
        "Each of these has a name that the portal does not take.\n",
        [
            File(name, "text/plain", f"{name}\n".encode())
            for name in (
                "minutes @ noon.txt",
                "exhibit #3.txt",
                "50% draft.txt",
                "before<after.txt",
                "after>before.txt",
                "nurse's note.txt",
                "Hall, Pat.txt",
                'the "final" one.txt',
            )
        ],
    )
    with_forward = letter(
        4,
        MORGAN,
        "FW: chart for 25-000102",
        "The hospital's answer, as it came.\n",
        [File("scan014.pdf", pdf, page("Cover sheet", "One page."))],
    )
    with_forward.add_attachment(forwarded)
    logo = picture("B", (96, 48), "#274c77")
    return {
        "01-one-pdf": letter(
            1,
            PAT,
            "Deposition transcript, case 24-001234",
            "Please file the transcript of Dr. Weaver's deposition.\n\nPat Hall\n",
            [
                File(
                    "Weaver deposition #2 (final).pdf",
                    pdf,
                    page(
                        "Deposition of Dr. Weaver", "Q. Were you on call that night?", "A. I was."
                    ),
                )
            ],
        ),
        "02-word-and-opendocument": letter(
            2,
            PAT,
            "Litigation plan and budget",
            "Claim no. 24-001240. Plan and budget attached.\n",
            [
                File("plan.docx", docx_kind, plan),
                File("budget.odt", "application/vnd.oasis.opendocument.text", open_document(plan)),
            ],
        ),
        "03-photographs": letter(
            3,
            MORGAN,
            "Photographs of the ward, 24-001377",
            "Taken on the site visit today.\n",
            [
                File(
                    "IMG_0417.HEIC",
                    "image/heic",
                    heic(picture("Ward 4, door", (640, 480), "#386641")),
                ),
                File(
                    "IMG_0418.JPG",
                    "image/jpeg",
                    jpeg(picture("This side up", (640, 480), "#6a4c93")),
                ),
            ],
        ),
        "04-forwarded": with_forward,
        "05-names": all_characters,
        "06-long-message": letter(
            6,
            KIM,
            "Report on the mediation, case 24-001234",
            BODY_1500,
            [File("report.pdf", pdf, page("Mediation report", "Two tables."))],
        ),
        "07-unknown-case": letter(
            7,
            MORGAN,
            "Answers to interrogatories, case 24-999999",
            "Our answers are attached.\n",
            [File("answers.pdf", pdf, page("Answers to interrogatories", "No. 1: denied."))],
        ),
        "08-two-cases": letter(
            8,
            KIM,
            "Invoices for 24-001234 and 24-001240",
            "One invoice for each of the two matters.\n",
            [File("invoice.pdf", pdf, page("Invoice", "For two matters."))],
        ),
        "09-logo-and-program": letter(
            9,
            KIM,
            "Imaging for case 24-001234",
            "The images and the viewer they came with.\n\nKim Holt\nBaker LLP\n",
            [
                File("imaging.pdf", pdf, page("Imaging report", "No acute finding.")),
                File("viewer.exe", "application/octet-stream", program()),
            ],
            html=(
                "<p>The images and the <b>viewer</b> they came with.</p>"
                "<p>Kim Holt<br>Baker LLP<br><img src='cid:logo@bakerllp.example' width=48></p>"
            ),
            inline=("logo@bakerllp.example", png(logo)),
        ),
    }


def main() -> None:
    """Write every letter."""
    for name, message in letters().items():
        (FOLDER / f"{name}.eml").write_bytes(message.as_bytes())


if __name__ == "__main__":
    main()
