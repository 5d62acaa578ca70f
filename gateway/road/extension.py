"""File extensions: which endings are known as such, which mean the same, and their look-alikes."""

from __future__ import annotations

import unicodedata

# Endings in one group fit the same content, so a sender's own choice among them stays.
_GROUPS = (
    "jpg jpeg jpe jfif",
    "tif tiff",
    "png apng",
    "heic heif hif heics heifs",
    "svg svgz",
    "ps eps ai",
    "ico cur",
    "htm html xhtml xht shtml",
    "mht mhtml eml",
    "doc dot wiz",
    "docx docm dotx dotm",
    "xls xlt xlm xla",
    "xlsx xlsm xltx xltm",
    "ppt pps pot",
    "pptx pptm ppsx ppsm potx potm",
    "odt ott fodt",
    "ods ots fods",
    "odp otp fodp",
    "vsd vst",
    "mp4 m4v m4a mov qt",
    "mpg mpeg mpe",
    "mp3 mp2 mpga",
    "aif aiff",
    "ogg oga ogv opus",
    "wav wave",
    "dcm dicom",
    "gz tgz gzip",
    "bz2 tbz2 tbz",
    "xz txz",
    "zst tzst",
    "yml yaml",
    "ics ical ifb vcs",
    "vcf vcard",
    "pem crt cer der",
)
# Plain text by its bytes: the ending says more than they can. Scripts that a double click runs are
# not among them.
_TEXT = (
    "text asc log md markdown rst csv tsv tab ini cfg conf json jsonl xml yml yaml toml tex srt "
    "vtt ics vcf sql css htm html eml rtf py c h java pl diff patch pem"
)
_XML = "xsd xsl xslt rdf kml gpx plist svg xhtml"
_ALONE = (
    "pdf bmp gif webp psd emf wmf jp2 j2k jxl avif dng cr2 nef arw raw msg oft pst ost mbox dat "
    "tnef pages numbers key wpd wps wri rtfd one pub vsdx mdb accdb dbf odg odf odb epub mobi xps "
    "oxps djvu dwg dxf zip rar 7z tar cab iso img bin lzma jar war apk avi wmv wma flv mkv webm "
    "3gp amr flac aac mid p7m p7s p7b p7c p12 pfx pgp gpg sig url lnk webloc exe com scr dll msi "
    "cmd pif cpl hta js jse vbs vbe wsf sh bat ps1 reg app dmg deb rpm bak tmp old part crdownload "
    "enc ptx cms trc"
)
_SAME: dict[str, set[str]] = {}
for _group in _GROUPS:
    for _one in _group.split():
        _SAME.setdefault(_one, set()).update(_group.split())
_SAME["txt"] = set(_TEXT.split())
_SAME["xml"] = set(_XML.split())
_KNOWN = frozenset(f"{' '.join(_GROUPS)} txt xml {_TEXT} {_XML} {_ALONE}".split())

# Letters of other scripts that pass for ASCII ones (Unicode TR 39, confusables.txt), in lower case:
# Cyrillic first, then Greek, Armenian, and the odd Latin ones.
_PASS_FOR = {
    "a": "\u0430\u03b1\u0251",
    "b": "\u044c\u03b2\u0184",
    "c": "\u0441\u03f2",
    "d": "\u0501\u217e",
    "e": "\u0435\u0454\u03b5",
    "f": "\u0192\u03dd",
    "g": "\u0581\u0261",
    "h": "\u04bb\u0570",
    "i": "\u0456\u03b9\u0131\u0269",
    "j": "\u0458\u03f3",
    "k": "\u043a\u03ba",
    "l": "\u04cf\u0399",
    "m": "\u043c\u03bc",
    "n": "\u0578\u03b7\u043f",
    "o": "\u043e\u03bf\u0585",
    "p": "\u0440\u03c1",
    "q": "\u051b\u0566",
    "r": "\u0433",
    "s": "\u0455",
    "t": "\u0442\u03c4",
    "u": "\u057d\u03c5",
    "v": "\u0475\u03bd",
    "w": "\u051d\u0561",
    "x": "\u0445\u03c7",
    "y": "\u0443\u03b3",
    "z": "\u03b6",
}
_PLAIN = str.maketrans({odd: plain for plain, odds in _PASS_FOR.items() for odd in odds})


def known(extension: str) -> bool:
    """Say whether the world knows this ending, in lower case and without its dot, as one."""
    return extension in _KNOWN


def same_kind(extension: str, true: str) -> bool:
    """Say whether an ending fits content whose usual ending is `true`."""
    return extension == true or extension in _SAME.get(true, ())


def spelled_plainly(extension: str) -> str:
    """Return an ending in lower case, with look-alike letters as the ASCII ones they pass for."""
    return unicodedata.normalize("NFKC", extension).lower().translate(_PLAIN)
