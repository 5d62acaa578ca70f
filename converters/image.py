"""The engine for images: put on pages without being changed where PDF can hold them as they are.

JPEG and PNG data goes into the PDF byte for byte (img2pdf), multi-page TIFF page by page. What PDF
has no form for (transparency, GIF, WebP, HEIC, AVIF, BMP, JPEG 2000) is decoded once and stored
lossless, or as JPEG of quality 92 where it came from a lossy format. A picture that moves is a page
a frame.
"""

from __future__ import annotations

import io
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import img2pdf
import pillow_heif
from PIL import Image, ImageCms, ImageFile, ImageOps, UnidentifiedImageError

from converters import facts
from converters.fault import Damaged, NotTheType, TooLarge

MOST_PIXELS: Final = 150_000_000  # of one frame; decoded in colour that is 450 MB
MOST_FRAMES: Final = 1000
MOST_MOVING: Final = 20  # frames of a picture that moves
_FORMATS: Final = ("JPEG", "PNG", "GIF", "BMP", "TIFF", "WEBP", "HEIF", "AVIF", "JPEG2000")
_AS_THEY_ARE = {"JPEG": {"L", "RGB", "CMYK"}, "PNG": {"1", "L", "P", "RGB"}}
_LOSSY = {"HEIF", "AVIF", "WEBP", "JPEG2000"}
_ORIENTATION, _MIRRORED = 0x0112, {2, 4, 5, 7}  # of EXIF: a PDF page can be turned, not flipped
_LETTER = (612.0, 792.0)  # points
_LONGEST = 14_400.0  # points: what PDF viewers take (ISO 32000-1, Annex C)
_ODD_SHAPE = 2.2  # a strip longer than this is not squeezed onto one page's height

# What Pillow and img2pdf raise on bytes they cannot follow.
_BROKEN = (OSError, ValueError, SyntaxError, EOFError, TypeError, IndexError, RuntimeError,
           OverflowError, ArithmeticError, img2pdf.ImageOpenError)  # fmt: skip


def render(source: bytes, title: str, target: Path) -> list[str]:
    """Write the PDF of an image and return warnings: "frames_left_out" where one moves for long.

    Raises TooLarge, NotTheType, and Damaged where it does not decode to its end.
    """
    Image.init()
    pillow_heif.register_heif_opener()
    ImageFile.LOAD_TRUNCATED_IMAGES = False  # WeasyPrint sets it, and half a picture passes
    Image.MAX_IMAGE_PIXELS = None  # our own cap, before anything is decoded
    with warnings.catch_warnings(action="ignore"):
        try:
            with Image.open(io.BytesIO(source), formats=_FORMATS) as opened:
                pages, remarks = _pages(opened, source)
                written = _written(list(pages), title, opened)
        except UnidentifiedImageError as error:
            raise NotTheType("image") from error
        except img2pdf.PdfTooLargeError as error:
            raise TooLarge("page") from error
        except _BROKEN as error:
            if facts.is_unsupported(error):
                raise NotTheType("image") from error
            raise Damaged(type(error).__name__) from error
    target.write_bytes(written)
    return remarks


def _written(pages: list[bytes], title: str, opened: Image.Image) -> bytes:
    try:
        return _bound(pages, title)
    except img2pdf.PdfTooLargeError:
        raise
    except _BROKEN:
        if len(pages) > 1 or opened.format not in _AS_THEY_ARE:
            raise
        # It was decoded to its end: what img2pdf does not take is a profile, or the like.
        return _bound([_frame(opened, 0, with_profile=False)], title)


def _bound(pages: list[bytes], title: str) -> bytes:
    return img2pdf.convert(
        pages,
        layout_fun=_layout,
        rotation=img2pdf.Rotation.ifvalid,
        first_frame_only=True,
        title=title,
        producer="img2pdf",
    )


def _pages(opened: Image.Image, source: bytes) -> tuple[Iterator[bytes], list[str]]:
    _check(opened)
    frames = getattr(opened, "n_frames", 1)
    if opened.format == "TIFF":
        if frames > MOST_FRAMES:
            raise TooLarge("frames")
        return (_frame(opened, number) for number in range(frames)), []
    # The further images of an MPO are previews and depth maps of the same picture.
    if frames > 1 and opened.format != "MPO":
        remarks = ["frames_left_out"] if frames > MOST_MOVING else []
        return (_frame(opened, number) for number in range(min(frames, MOST_MOVING))), remarks
    kept = _AS_THEY_ARE.get("JPEG" if opened.format == "MPO" else opened.format or "", set())
    mirrored = opened.getexif().get(_ORIENTATION) in _MIRRORED
    if opened.mode in kept and "transparency" not in opened.info and not mirrored:
        opened.load()  # to its end: half a picture is not a document
        return iter([source]), []
    return iter([_frame(opened, 0)]), []


def _frame(opened: Image.Image, number: int, *, with_profile: bool = True) -> bytes:
    """Return one frame, upright, opaque, as PNG or JPEG."""
    opened.seek(number)
    _check(opened)
    upright = ImageOps.exif_transpose(opened)
    dpi = opened.info.get("dpi")
    profile = opened.info.get("icc_profile") if with_profile else None
    if upright.mode == "La":  # Pillow has no other way from it
        upright = upright.convert("LA")
    if upright.has_transparency_data:
        coloured = upright.convert("RGBA")
        upright = Image.new("RGB", coloured.size, "white")
        upright.paste(coloured, mask=coloured.getchannel("A"))
    elif upright.mode == "CMYK":
        return _saved(upright, "TIFF", dpi, profile)
    elif upright.mode.startswith(("I", "F")):
        upright = _eight_bits(upright)
    elif upright.mode == "LAB":
        upright, profile = _of_lab(upright), None
    elif upright.mode not in {"1", "L", "P", "RGB"}:
        upright = upright.convert("RGB")
        profile = None
    if opened.format in _LOSSY and upright.mode == "RGB":
        return _saved(upright, "JPEG", dpi, profile)
    return _saved(upright, "PNG", dpi, profile)


def _of_lab(picture: Image.Image) -> Image.Image:
    """Return a picture of L*a*b* colours, as print shops write, in those of screens."""
    lab, screen = ImageCms.createProfile("LAB"), ImageCms.createProfile("sRGB")
    shown = ImageCms.profileToProfile(picture, lab, screen, outputMode="RGB")
    if shown is None:
        raise ValueError("LAB")
    return shown


def _eight_bits(picture: Image.Image) -> Image.Image:
    """Stretch 16 and 32 bit greys to the eight that a page shows; convert() alone would clip."""
    if picture.mode.startswith("I;16"):
        picture = picture.convert("I")
    low, high = picture.getextrema()
    if not isinstance(low, int | float) or not isinstance(high, int | float) or high <= low:
        return picture.convert("L")
    factor = 255 / (high - low)
    return picture.point(lambda value: value * factor - low * factor).convert("L")


def _saved(picture: Image.Image, kind: str, dpi: object, profile: object) -> bytes:
    options: dict[str, object] = {}
    if isinstance(dpi, tuple) and all(72 <= float(each) <= 2400 for each in dpi):
        options["dpi"] = (float(dpi[0]), float(dpi[1]))
    if isinstance(profile, bytes):
        options["icc_profile"] = profile
    match kind:
        case "JPEG":
            options |= {"quality": 92, "subsampling": 0}
        case "PNG":
            options["compress_level"] = 4
    buffer = io.BytesIO()
    picture.save(buffer, kind, **options)
    return buffer.getvalue()


def _check(opened: Image.Image) -> None:
    width, height = opened.size
    if width * height > MOST_PIXELS:
        raise TooLarge("pixels")


def _layout(width: int, height: int, dpi: tuple[float, float]) -> tuple[float, float, float, float]:
    """Return page and image size in points: letter, turned to suit, never enlarged past 96 dpi."""
    wide, high = (
        pixels * 72 / (each if each >= 72 else 96)
        for pixels, each in ((width, dpi[0]), (height, dpi[1]))
    )
    turned = wide > high
    page_wide, page_high = reversed(_LETTER) if turned else _LETTER
    if max(wide, high) > _ODD_SHAPE * min(wide, high) and max(wide, high) > max(_LETTER):
        # A long screenshot keeps its width readable on a page as long as it needs.
        scale = min(1.0, _LETTER[0] / min(wide, high), _LONGEST / max(wide, high))
        wide, high = wide * scale, high * scale
        return max(wide, 72.0), max(high, 72.0), wide, high
    scale = min(1.0, page_wide / wide, page_high / high)
    return page_wide, page_high, wide * scale, high * scale
