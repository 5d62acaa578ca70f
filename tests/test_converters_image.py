from __future__ import annotations

import importlib
import io
import re
import struct
import zlib
from pathlib import Path

import pikepdf
import pillow_heif
import pytest
from PIL import Image, ImageCms

from converters import facts, image
from converters.fault import ConversionFault, Damaged, NotTheType, TooLarge

LETTER = [0, 0, 612, 792]


def rendered(tmp_path: Path, source: bytes) -> tuple[pikepdf.Pdf, list[str]]:
    remarks = image.render(source, "A title", tmp_path / "out.pdf")
    return pikepdf.open(tmp_path / "out.pdf"), remarks


def saved(picture: Image.Image, kind: str, **options: object) -> bytes:
    buffer = io.BytesIO()
    picture.save(buffer, kind, **options)
    return buffer.getvalue()


def test_a_jpeg_goes_in_byte_for_byte(tmp_path: Path) -> None:
    source = saved(Image.effect_noise((400, 300), 50).convert("RGB"), "JPEG")
    pdf, remarks = rendered(tmp_path, source)
    assert remarks == []
    (stored,) = pdf.pages[0].get_images().values()
    assert stored.read_raw_bytes() == source


@pytest.mark.parametrize(("orientation", "turned"), [(1, 0), (6, 90), (3, 180), (8, 270)])
def test_a_photograph_stands_upright(tmp_path: Path, orientation: int, turned: int) -> None:
    exif = Image.Exif()
    exif[0x0112] = orientation
    pdf, _ = rendered(tmp_path, saved(Image.new("RGB", (400, 300)), "JPEG", exif=exif))
    assert int(pdf.pages[0].get("/Rotate", 0)) == turned


def test_a_mirrored_photograph_is_set_right(tmp_path: Path) -> None:
    picture = Image.new("RGB", (400, 300), "red")
    picture.paste("blue", (0, 0, 200, 300))
    exif = Image.Exif()
    exif[0x0112] = 2
    pdf, _ = rendered(tmp_path, saved(picture, "JPEG", exif=exif))
    (stored,) = pdf.pages[0].get_images().values()
    assert isinstance(stored, pikepdf.Stream)
    left = pikepdf.PdfImage(stored).as_pil_image().convert("RGB").getpixel((20, 20))
    assert isinstance(left, tuple)
    assert left[0] > 200


def test_every_page_of_a_fax_in_its_order(tmp_path: Path) -> None:
    frames = [Image.new("1", (100, 50 + 10 * number)) for number in range(5)]
    source = saved(frames[0], "TIFF", save_all=True, append_images=frames[1:], compression="group4")
    pdf, _ = rendered(tmp_path, source)
    heights = [int(next(iter(page.get_images().values())).Height) for page in pdf.pages]
    assert heights == [50, 60, 70, 80, 90]


def test_transparency_becomes_white(tmp_path: Path) -> None:
    pdf, _ = rendered(tmp_path, saved(Image.new("RGBA", (50, 50), (0, 0, 0, 0)), "PNG"))
    (stored,) = pdf.pages[0].get_images().values()
    assert isinstance(stored, pikepdf.Stream)
    assert pikepdf.PdfImage(stored).as_pil_image().convert("RGB").getpixel((9, 9)) == (255,) * 3


def stored(pdf: pikepdf.Pdf, page: int = 0) -> Image.Image:
    """Return the picture on a page."""
    (held,) = pdf.pages[page].get_images().values()
    assert isinstance(held, pikepdf.Stream)
    return pikepdf.PdfImage(held).as_pil_image()


@pytest.mark.parametrize("kind", ["GIF", "WEBP", "PNG"])
def test_a_moving_picture_is_a_page_a_frame(tmp_path: Path, kind: str) -> None:
    frames = [Image.new("RGB", (50, 50), (number * 90, 0, 0)) for number in range(3)]
    source = saved(frames[0], kind, save_all=True, append_images=frames[1:])
    pdf, remarks = rendered(tmp_path, source)
    assert remarks == []
    reds = [stored(pdf, page).convert("RGB").getpixel((9, 9)) for page in range(3)]
    assert [abs(red[0] - number * 90) < 9 for number, red in enumerate(reds)] == [True] * 3  # type: ignore[index]


def test_of_a_picture_that_moves_for_long_frames_are_left_out_and_that_is_told(
    tmp_path: Path,
) -> None:
    frames = [Image.new("L", (20, 20), number * 5) for number in range(30)]
    source = saved(frames[0], "GIF", save_all=True, append_images=frames[1:])
    pdf, remarks = rendered(tmp_path, source)
    assert len(pdf.pages) == 20
    assert remarks == ["frames_left_out"]


PROFILE = ImageCms.ImageCmsProfile(ImageCms.createProfile("LAB")).tobytes()


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "TIFF", "WEBP"])
def test_a_colour_profile_is_kept(tmp_path: Path, kind: str) -> None:
    source = saved(Image.effect_noise((60, 60), 9).convert("RGB"), kind, icc_profile=PROFILE)
    pdf, _ = rendered(tmp_path, source)
    (held,) = pdf.pages[0].get_images().values()
    space = held.ColorSpace
    assert str(space[0]) == "/ICCBased"
    assert space[1].read_bytes() == PROFILE


def test_a_fax_keeps_its_shape_where_its_lines_are_coarse(tmp_path: Path) -> None:
    """204 dots to the inch across and 98 down, in both codes of fax machines."""
    for compression in ("group3", "group4"):
        frames = [Image.new("1", (1728, 1078), number % 2) for number in range(2)]
        source = saved(frames[0], "TIFF", save_all=True, append_images=frames[1:],
                       compression=compression, dpi=(204, 98))  # fmt: skip
        pdf, _ = rendered(tmp_path, source)
        assert len(pdf.pages) == 2
        wide, high = (
            float(each)
            for each in re.findall(rb"([\d.]+) 0 0 ([\d.]+)", pdf.pages[0].Contents.read_bytes())[0]
        )
        assert wide / high == pytest.approx((1728 / 204) / (1078 / 98), rel=0.01)


@pytest.mark.parametrize("orientation", range(1, 9))
def test_a_photograph_is_seen_as_its_camera_meant_it(tmp_path: Path, orientation: int) -> None:
    """The red corner is at the top left in all eight, after the page is turned."""
    upright = Image.new("RGB", (96, 64), "blue")
    upright.paste("red", (0, 0, 48, 32))
    undo = {2: 0, 3: 3, 4: 1, 5: 5, 6: 2, 7: 6, 8: 4}  # Transpose members that turn it as EXIF says
    turned = upright.transpose(Image.Transpose(undo[orientation])) if orientation > 1 else upright
    exif = Image.Exif()
    exif[0x0112] = orientation
    pdf, _ = rendered(tmp_path, saved(turned, "JPEG", exif=exif))
    shown = stored(pdf).convert("RGB").rotate(-int(pdf.pages[0].get("/Rotate", 0)), expand=True)
    assert shown.size == (96, 64)
    red, _, blue = shown.getpixel((10, 10))  # type: ignore[misc]
    assert red > 200 > blue


def test_inks_stay_inks(tmp_path: Path) -> None:
    source = saved(Image.new("CMYK", (40, 40), (200, 10, 20, 30)), "JPEG")
    pdf, _ = rendered(tmp_path, source)
    (held,) = pdf.pages[0].get_images().values()
    assert str(held.ColorSpace) == "/DeviceCMYK"
    assert held.read_raw_bytes() == source


def test_half_of_sixteen_bits_is_half_of_eight(tmp_path: Path) -> None:
    row = struct.pack("<30H", *[0] * 10, *[32_768] * 10, *[65_535] * 10)
    picture = Image.frombytes("I;16", (30, 10), row * 10)
    for kind in ("PNG", "TIFF"):
        shown = stored(rendered(tmp_path, saved(picture, kind))[0]).convert("L")
        assert [shown.getpixel((at, 5)) for at in (5, 15, 25)] == [
            0,
            pytest.approx(128, abs=1),
            255,
        ]


def test_jpeg_2000_is_shown(tmp_path: Path) -> None:
    for name, picture in (("a.jp2", "RGB"), ("a.j2k", "L"), ("b.jp2", "RGBA")):
        Image.new("RGB", (60, 40), "red").convert(picture).save(tmp_path / name)
        source = (tmp_path / name).read_bytes()
        assert stored(rendered(tmp_path, source)[0]).size == (60, 40)
        with pytest.raises(ConversionFault):
            rendered(tmp_path, source[: len(source) // 2])


def test_formats_that_pdf_has_no_form_for(tmp_path: Path) -> None:
    picture = Image.effect_noise((200, 100), 50).convert("RGB")
    heic = io.BytesIO()
    pillow_heif.from_pillow(picture).save(heic)
    for source in (
        heic.getvalue(),
        saved(picture, "WEBP"),
        saved(picture, "AVIF"),
        saved(picture, "BMP"),
        saved(Image.new("I;16", (50, 50), 40_000), "PNG"),
        saved(picture.convert("LA"), "PNG"),
        saved(picture.convert("CMYK"), "TIFF"),
    ):
        assert len(rendered(tmp_path, source)[0].pages) == 1


def test_a_large_photograph_fits_the_page_and_a_long_strip_stays_readable(tmp_path: Path) -> None:
    pdf, _ = rendered(tmp_path, saved(Image.new("L", (3000, 4000)), "PNG"))
    assert [float(each) for each in pdf.pages[0].mediabox] == LETTER
    pdf, _ = rendered(tmp_path, saved(Image.new("L", (800, 8000)), "PNG"))
    width, height = (float(each) for each in pdf.pages[0].mediabox[2:])
    assert width >= 590
    assert height > 5 * width


def test_half_a_picture_is_damaged(tmp_path: Path) -> None:
    importlib.import_module("weasyprint")  # it makes Pillow take half pictures, for the process
    for kind in ("JPEG", "PNG", "TIFF", "WEBP"):
        source = saved(Image.effect_noise((300, 300), 50).convert("RGB"), kind)
        with pytest.raises(ConversionFault) as caught:
            rendered(tmp_path, source[: len(source) // 2])
        assert isinstance(caught.value, Damaged | NotTheType), kind


def test_a_flood_of_pixels_is_refused_before_it_is_decoded(tmp_path: Path) -> None:
    flood = bytearray(saved(Image.new("L", (8, 8)), "PNG"))
    flood[16:24] = struct.pack(">II", 60_000, 60_000)
    flood[29:33] = struct.pack(">I", zlib.crc32(bytes(flood[12:29])))
    with pytest.raises(TooLarge):
        rendered(tmp_path, bytes(flood))


def test_what_is_no_image_of_ours_is_not_opened(tmp_path: Path) -> None:
    for source in (b"%!PS-Adobe-3.0 EPSF-3.0\n", b"<svg/>", b"P6 1 1 255 abc", b"junk" * 99):
        with pytest.raises(NotTheType):
            rendered(tmp_path, source)


def test_a_bitmap_that_pillow_has_no_way_to_read_is_not_damaged(tmp_path: Path) -> None:
    source = bytearray(saved(Image.new("RGB", (8, 8), "red"), "BMP"))
    source[30:34] = struct.pack("<I", 4)  # its compression: a JPEG within
    (tmp_path / "a.bmp").write_bytes(source)
    assert facts.pixels(tmp_path / "a.bmp") is None
    with pytest.raises(NotTheType):
        rendered(tmp_path, bytes(source))


def test_a_photograph_with_a_profile_that_is_none_is_shown(tmp_path: Path) -> None:
    picture = Image.effect_noise((40, 30), 50)
    pdf, _ = rendered(tmp_path, saved(picture, "JPEG", icc_profile=b"no profile at all"))
    assert len(pdf.pages) == 1
    for name in ("CMYK", "RGB"):
        rendered(tmp_path, saved(picture.convert(name), "JPEG", icc_profile=b"none" * 99))


def test_colours_of_print_shops_are_shown(tmp_path: Path) -> None:
    to_lab = ImageCms.createProfile("sRGB"), ImageCms.createProfile("LAB")
    red = Image.new("RGB", (40, 30), (200, 20, 20))
    lab = ImageCms.profileToProfile(red, *to_lab, outputMode="LAB")
    assert lab is not None
    pdf, _ = rendered(tmp_path, saved(lab, "TIFF"))
    (stored,) = pdf.pages[0].get_images().values()
    assert isinstance(stored, pikepdf.Stream)
    shown = pikepdf.PdfImage(stored).as_pil_image().convert("RGB").getpixel((5, 5))
    assert isinstance(shown, tuple)
    assert all(abs(one - other) < 12 for one, other in zip(shown, (200, 20, 20), strict=True))
