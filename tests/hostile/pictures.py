"""Images whose headers promise floods of pixels, frames or colours, and images that are broken."""

from __future__ import annotations

import io
import random
import struct
import zlib
from collections.abc import Iterator
from functools import partial
from typing import Any, Final

import pillow_heif
from PIL import Image

from tests.hostile.hostile_file import HostileFile, Lure

_TYPES: Final = {
    "png": "image/png",
    "jpg": "image/jpeg",
    "gif": "image/gif",
    "bmp": "image/bmp",
    "tif": "image/tiff",
    "webp": "image/webp",
    "heic": "image/heic",
    "avif": "image/avif",
    "jp2": "image/jp2",
}
_WRITERS: Final = {
    "png": "PNG",
    "jpg": "JPEG",
    "gif": "GIF",
    "bmp": "BMP",
    "tif": "TIFF",
    "webp": "WEBP",
    "heic": "HEIF",
    "avif": "AVIF",
    "jp2": "JPEG2000",
}


def files(_lure: Lure, seed: int) -> Iterator[HostileFile]:
    """Yield floods, bombs, and honest pictures with bytes changed by the seed."""
    for name, make in _FLOODS.items():
        yield _file("Images: floods and bombs", name, make)
    for extension in _TYPES:
        for number in range(5):
            make = partial(_broken, extension, f"{seed}-{extension}-{number}")
            yield _file("Images: broken", f"broken-{number}.{extension}", make)
        yield _file("Images: broken", f"half.{extension}", partial(_half, extension))


def _file(kind: str, name: str, make: Any) -> HostileFile:
    return HostileFile(kind, name, _TYPES[name.rpartition(".")[2]], make)


def honest(extension: str, size: tuple[int, int] = (64, 48), **options: Any) -> bytes:
    """Return a picture as a program writes it."""
    pillow_heif.register_heif_opener()
    buffer = io.BytesIO()
    gradient = Image.linear_gradient("L").resize(size).convert("RGB")
    gradient.save(buffer, _WRITERS[extension], **options)
    return buffer.getvalue()


def png(wide: int, high: int, packed: bytes, *more: bytes, colour: int = 2) -> bytes:
    """Return a PNG of this size, with whatever data."""
    header = _chunk(b"IHDR", struct.pack(">IIBBBBB", wide, high, 8, colour, 0, 0, 0))
    body = b"".join([*more, _chunk(b"IDAT", packed), _chunk(b"IEND", b"")])
    return b"\x89PNG\r\n\x1a\n" + header + body


def _chunk(name: bytes, content: bytes) -> bytes:
    check = struct.pack(">I", zlib.crc32(name + content))
    return struct.pack(">I", len(content)) + name + content + check


def _png_true_flood(side: int) -> bytes:
    """A PNG that is as large as it says: a line of zeros is nothing, packed."""
    packer = zlib.compressobj(9)
    line = bytes(side + 1)
    packed = b"".join(packer.compress(line) for _ in range(side)) + packer.flush()
    return png(side, side, packed, colour=0)


def _png_with(name: bytes, head: bytes, unpacked: int) -> bytes:
    """A PNG with a small picture and a packed chunk that unpacks to a flood."""
    packed = zlib.compress(bytes(unpacked), 9)
    picture = zlib.compress((b"\0" + b"\x7f" * 30) * 10)
    return png(10, 10, picture, _chunk(name, head + packed))


def _png_many(name: bytes, times: int) -> bytes:
    picture = zlib.compress((b"\0" + b"\x7f" * 30) * 10)
    return png(10, 10, picture, _chunk(name, b"key\0words") * times)


def _gif(wide: int, high: int, frames: int) -> bytes:
    frame = b"\x2c" + struct.pack("<HHHHB", 0, 0, 1, 1, 0) + b"\x02\x02\x44\x01\x00"
    table = b"\0\0\0\xff\xff\xff"
    control = b"\x21\xf9\x04\x04\x01\x00\x00\x00"
    head = b"GIF89a" + struct.pack("<HHBBB", wide, high, 0x80, 0, 0) + table
    return head + (control + frame) * frames + b"\x3b"


def _gif_frame_as_large(side: int, times: int) -> bytes:
    frame = b"\x2c" + struct.pack("<HHHHB", 0, 0, side, side, 0) + b"\x02\x02\x44\x01\x00"
    head = b"GIF89a" + struct.pack("<HHBBB", side, side, 0x80, 0, 0) + b"\0\0\0\xff\xff\xff"
    return head + frame * times + b"\x3b"


def _bmp(wide: int, high: int, packing: int, data: bytes, bits: int = 8, colours: int = 0) -> bytes:
    info = struct.pack("<IiiHHIIiiII", 40, wide, high, 1, bits, packing, 0, 0, 0, colours, 0)
    return b"BM" + struct.pack("<IHHI", 54 + len(data), 0, 0, 54) + info + data


def _tiff(*folders: dict[int, tuple[int, int, int]], next_is: int | None = None) -> bytes:
    """Return a TIFF of these folders of tags; each value is (kind, count, value)."""
    out = bytearray(b"II*\0\x08\0\0\0")
    for number, tags in enumerate(folders):
        start = len(out)
        out += struct.pack("<H", len(tags))
        for tag, (kind, count, value) in sorted(tags.items()):
            out += struct.pack("<HHII", tag, kind, count, value)
        following = start + 6 + 12 * len(tags) if number < len(folders) - 1 else 0
        out += struct.pack("<I", following if next_is is None else next_is)
    return bytes(out) + bytes(64)


def _tags(wide: int = 8, high: int = 8, **changed: int) -> dict[int, tuple[int, int, int]]:
    values = {256: wide, 257: high, 258: 8, 259: 1, 262: 1, 273: 8, 277: 1, 278: high, 279: 64}
    values |= {int(name[1:]): value for name, value in changed.items()}
    return {tag: (4, 1, value) for tag, value in values.items()}


def _heic(extension: str, wide: int, high: int) -> bytes:
    """A picture of the small one's data, whose box of its extent ("ispe") says this size."""
    content = honest(extension)
    at = content.index(b"ispe") + 8
    return content[:at] + struct.pack(">II", wide, high) + content[at + 8 :]


def _jp2(wide: int, high: int, tile: int) -> bytes:
    """A code stream of the small one, whose size (SIZ) is this, in tiles of this size."""
    content = bytearray(honest("jp2"))
    at = content.index(b"\xff\x51") + 6
    struct.pack_into(">IIIIIIII", content, at, wide, high, 0, 0, tile, tile, 0, 0)
    header = content.index(b"ihdr") + 4
    struct.pack_into(">II", content, header, high, wide)
    return bytes(content)


def _jpeg(wide: int, high: int, scans: int = 0) -> bytes:
    content = honest("jpg", progressive=bool(scans))
    mark = content.index(b"\xff\xc2" if scans else b"\xff\xc0")
    content = content[: mark + 5] + struct.pack(">HH", high, wide) + content[mark + 9 :]
    scan = content.rindex(b"\xff\xda")
    return content[:scan] + content[scan:-2] * max(scans, 1) + b"\xff\xd9"


def _webp(wide: int, high: int) -> bytes:
    size = (wide - 1).to_bytes(3, "little") + (high - 1).to_bytes(3, "little")
    extended = b"VP8X" + struct.pack("<II", 10, 2) + size
    frame = honest("webp")[12:]
    body = b"WEBP" + extended + b"ANIM" + struct.pack("<I", 6) + bytes(6) + frame
    return b"RIFF" + struct.pack("<I", len(body)) + body


def _profile(extension: str, length: int) -> bytes:
    return honest(extension, icc_profile=bytes(length))


def _moving(extension: str, frames: int) -> bytes:
    """A picture that moves, of very many frames."""
    first, *others = (Image.new("L", (4, 4), shade % 256) for shade in range(frames))
    buffer = io.BytesIO()
    first.save(buffer, _WRITERS[extension], save_all=True, append_images=others)
    return buffer.getvalue()


def _broken(extension: str, seed: str) -> bytes:
    dice = random.Random(seed)
    content = bytearray(honest(extension))
    for _ in range(dice.choice((1, 4, 16, 64))):
        content[dice.randrange(8, len(content))] = dice.choice((0, 0x7F, 0x80, 0xFF))
    return bytes(content)


def _half(extension: str) -> bytes:
    content = honest(extension)
    return content[: len(content) * 3 // 5]


_FLOODS: Final = {
    "header-of-zeros.png": partial(png, 2**31 - 1, 2**31 - 1, zlib.compress(b"")),
    "just-too-large.png": partial(png, 12_248, 12_248, zlib.compress(bytes(1000))),
    "just-small-enough.png": partial(png, 12_247, 12_247, zlib.compress(bytes(1000))),
    "strip.png": partial(png, 150_000_000, 1, zlib.compress(bytes(1000))),
    "column.png": partial(png, 1, 150_000_000, zlib.compress(bytes(1000))),
    "true-flood.png": partial(_png_true_flood, 13_000),
    "true-and-allowed.png": partial(_png_true_flood, 11_000),
    "profile-bomb.png": partial(_png_with, b"iCCP", b"x\0\0", 100 << 20),
    "words-bomb.png": partial(_png_with, b"zTXt", b"x\0\0", 100 << 20),
    "more-words.png": partial(_png_with, b"iTXt", b"x\0\1\0\0\0", 100 << 20),
    "many-words.png": partial(_png_many, b"tEXt", 300_000),
    "no-size.png": partial(png, 0, 0, zlib.compress(b"")),
    "no-colours.png": partial(png, 500, 500, zlib.compress(bytes(251_000)), colour=3),
    "many-frames.gif": partial(_gif, 1, 1, 200_000),
    "large-canvas.gif": partial(_gif, 65_535, 65_535, 3),
    "allowed-canvas.gif": partial(_gif, 12_000, 12_000, 500),
    "large-frames.gif": partial(_gif_frame_as_large, 12_000, 50),
    "larger-than-canvas.gif": partial(_gif_frame_as_large, 65_535, 1),
    "many-frames.webp": partial(_moving, "webp", 3_000),
    "many-frames.avif": partial(_moving, "avif", 200),
    "many-frames.png": partial(_moving, "png", 3_000),
    "many-pages.tif": lambda: _tiff(*[_tags() for _ in range(10_000)]),
    "ring-of-pages.tif": lambda: _tiff(_tags(), next_is=8),
    "flood.tif": lambda: _tiff(_tags(2**31, 2**31)),
    "allowed-flood.tif": lambda: _tiff(_tags(12_000, 12_000)),
    "flood-on-page-two.tif": lambda: _tiff(_tags(), _tags(100_000, 100_000)),
    "long-rows.tif": lambda: _tiff(_tags(8, 8, t278=2**32 - 1, t279=2**32 - 1)),
    "many-samples.tif": lambda: _tiff(_tags(8, 8, t277=65_535)),
    "deep-samples.tif": lambda: _tiff(_tags(8, 8, t258=65_535)),
    "many-values.tif": lambda: _tiff(_tags() | {273: (4, 2**28, 8), 279: (4, 2**28, 8)}),
    "long-tag.tif": lambda: _tiff(_tags() | {270: (2, 2**31, 0), 34675: (7, 2**31, 0)}),
    "tiles.tif": lambda: _tiff(_tags(9_000, 9_000, t322=1, t323=1, t324=8, t325=8)),
    **{
        f"packed-{packing}.tif": partial(
            lambda way: _tiff(_tags(12_000, 12_000, t259=way)), packing
        )
        for packing in (2, 3, 4, 5, 6, 7, 8, 32773, 34712, 50000)
    },
    "flood.bmp": partial(_bmp, 2**31 - 1, 2**31 - 1, 0, bytes(2000)),
    "upside-down.bmp": partial(_bmp, 30_000, -30_000, 0, bytes(2000)),
    "run-lengths.bmp": partial(_bmp, 12_000, 12_000, 1, bytes(1024) + b"\xff\x01" * 400_000),
    "skips.bmp": partial(_bmp, 12_000, 12_000, 1, bytes(1024) + b"\0\x02\xff\xff" * 100_000),
    "many-colours.bmp": partial(_bmp, 100, 100, 0, bytes(20_000), 8, 2**31 - 1),
    "flood.jp2": partial(_jp2, 2**31, 2**31, 2**31),
    "many-tiles.jp2": partial(_jp2, 12_000, 12_000, 1),
    "allowed-flood.jp2": partial(_jp2, 12_000, 12_000, 12_000),
    "flood.heic": partial(_heic, "heic", 2**31 - 1, 2**31 - 1),
    "allowed-flood.heic": partial(_heic, "heic", 12_000, 12_000),
    "flood.avif": partial(_heic, "avif", 65_536, 65_536),
    "allowed-flood.avif": partial(_heic, "avif", 12_000, 12_000),
    "flood.jpg": partial(_jpeg, 65_500, 65_500),
    "allowed-flood.jpg": partial(_jpeg, 12_000, 12_000),
    "many-scans.jpg": partial(_jpeg, 8_000, 8_000, 2_000),
    "flood.webp": partial(_webp, 1 << 24, 1 << 24),
    "allowed-flood.webp": partial(_webp, 12_000, 12_000),
    "profile.jpg": partial(_profile, "jpg", 8 << 20),
    "profile.webp": partial(_profile, "webp", 64 << 20),
    "profile.avif": partial(_profile, "avif", 64 << 20),
}
