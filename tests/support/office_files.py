"""Office files, good and bad, made from nothing: no binary file stands in the repository."""

from __future__ import annotations

import io
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from xml.sax.saxutils import escape
from zipfile import ZIP_DEFLATED, ZipFile

_W = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
_R = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_A = "http://schemas.openxmlformats.org/drawingml/2006/main"
_P = "http://schemas.openxmlformats.org/presentationml/2006/main"
_S = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"
_HEAD = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>'


def zipped(parts: Mapping[str, str | bytes]) -> bytes:
    """An archive of these parts."""
    raw = io.BytesIO()
    with ZipFile(raw, "w", ZIP_DEFLATED) as archive:
        for name, part in parts.items():
            archive.writestr(name, part)
    return raw.getvalue()


def relations(targets: Mapping[str, tuple[str, str]]) -> str:
    """Relations by their ids: the type's last word, and the target, outside if it is an address."""
    entries = "".join(
        f'<Relationship Id="{name}" Type="{_R}/{kind}" Target="{escape(target)}"'
        f"{' TargetMode=' + chr(34) + 'External' + chr(34) if '://' in target else ''}/>"
        for name, (kind, target) in targets.items()
    )
    return f'{_HEAD}<Relationships xmlns="{_PACKAGE}/relationships">{entries}</Relationships>'


def content_types(main: str, of: str) -> str:
    """The parts' types; `of` is the main one's."""
    return (
        f'{_HEAD}<Types xmlns="{_PACKAGE}/content-types">'
        '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        f'<Default Extension="xml" ContentType="application/xml"/><Override PartName="/{main}" ContentType="{of}"/></Types>'
    )


# ── DOCX ──

_DOCX_TYPE = "application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"


def run(text: str, properties: str = "") -> str:
    """Words of a paragraph, with properties like `<w:vanish/>`."""
    return f'<w:r><w:rPr>{properties}</w:rPr><w:t xml:space="preserve">{escape(text)}</w:t></w:r>'


def paragraph(content: str, style: str = "", more: str = "") -> str:
    """Plain text or runs; a style like `Heading1`."""
    inner = content if content.startswith("<w:") else run(content)
    named = f'<w:pStyle w:val="{style}"/>' if style else ""
    return f"<w:p><w:pPr>{named}{more}</w:pPr>{inner}</w:p>"


def entry(text: str) -> str:
    """An entry of a list with dots."""
    return paragraph(text, more='<w:numPr><w:ilvl w:val="0"/><w:numId w:val="1"/></w:numPr>')


def table(rows: Sequence[Sequence[str]], *, is_marked: bool = False) -> str:
    """Cells of plain text; the first row marked as the names of columns."""
    told = ""
    for number, row in enumerate(rows):
        mark = "<w:trPr><w:tblHeader/></w:trPr>" if is_marked and not number else ""
        told += f"<w:tr>{mark}{''.join(f'<w:tc>{paragraph(cell)}</w:tc>' for cell in row)}</w:tr>"
    return f"<w:tbl>{told}</w:tbl>"


def link(text: str) -> str:
    """To the address of `docx`."""
    return f'<w:hyperlink r:id="rLink">{run(text)}</w:hyperlink>'


def docx(*body: str, address: str = "https://example.org/", more: Mapping[str, str | bytes] | None = None) -> bytes:
    """A document of paragraphs and tables; `more` adds or replaces parts."""
    styles = "".join(
        f'<w:style w:type="paragraph" w:styleId="{name}"><w:name w:val="{called}"/></w:style>'
        for name, called in (
            ("Title", "Title"),
            ("Heading1", "heading 1"),
            ("Heading2", "heading 2"),
            ("Heading3", "heading 3"),
        )
    )
    numbering = (
        '<w:abstractNum w:abstractNumId="0"><w:lvl w:ilvl="0"><w:numFmt w:val="bullet"/></w:lvl></w:abstractNum>'
        '<w:num w:numId="1"><w:abstractNumId w:val="0"/></w:num>'
    )
    return zipped(
        {
            "[Content_Types].xml": content_types("word/document.xml", _DOCX_TYPE),
            "_rels/.rels": relations({"rId1": ("officeDocument", "word/document.xml")}),
            "word/document.xml": f'{_HEAD}<w:document xmlns:w="{_W}" xmlns:r="{_R}"><w:body>{"".join(body)}</w:body></w:document>',
            "word/_rels/document.xml.rels": relations(
                {
                    "rStyles": ("styles", "styles.xml"),
                    "rNumbers": ("numbering", "numbering.xml"),
                    "rLink": ("hyperlink", address),
                }
            ),
            "word/styles.xml": f'{_HEAD}<w:styles xmlns:w="{_W}">{styles}</w:styles>',
            "word/numbering.xml": f'{_HEAD}<w:numbering xmlns:w="{_W}">{numbering}</w:numbering>',
            **(more or {}),
        }
    )


# ── XLSX ──

_XLSX_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"


def cell(place: str, value: str | float, style: int = 0) -> str:
    """A cell by its place, like B2, with a number or a text."""
    if isinstance(value, str):
        return f'<c r="{place}" s="{style}" t="inlineStr"><is><t>{escape(value)}</t></is></c>'
    return f'<c r="{place}" s="{style}"><v>{value}</v></c>'


def sheet(rows: Sequence[Sequence[str | float]], *, dimension: str = "", columns: str = "", hidden: int = 0) -> str:
    """The XML of a sheet; `hidden` is the number of a row that is not shown. `""` is no cell."""
    told = ""
    for number, row in enumerate(rows, start=1):
        cells = "".join(cell(f"{chr(64 + place)}{number}", one) for place, one in enumerate(row, 1) if one != "")
        told += f'<row r="{number}"{" hidden=" + chr(34) + "1" + chr(34) if number == hidden else ""}>{cells}</row>'
    declared = f'<dimension ref="{dimension}"/>' if dimension else ""
    return f'{_HEAD}<worksheet xmlns="{_S}">{declared}{columns}<sheetData>{told}</sheetData></worksheet>'


def xlsx(
    sheets: Mapping[str, str], *, hidden: str = "", styles: str = "", more: Mapping[str, str | bytes] | None = None
) -> bytes:
    """A book of sheets by their names; `hidden` names one that is not shown."""
    names = "".join(
        f'<sheet name="{escape(name)}" sheetId="{number}" r:id="rId{number}"'
        f"{' state=' + chr(34) + 'hidden' + chr(34) if name == hidden else ''}/>"
        for number, name in enumerate(sheets, start=1)
    )
    places = {f"rId{number}": ("worksheet", f"worksheets/sheet{number}.xml") for number in range(1, len(sheets) + 1)}
    given = '<fonts count="1"><font/></fonts><fills count="1"><fill><patternFill patternType="none"/></fill></fills><borders count="1"><border/></borders>'
    styled = styles or (
        f'{given}<cellStyleXfs count="1"><xf/></cellStyleXfs><cellXfs count="3"><xf numFmtId="0"/>'
        '<xf numFmtId="14" applyNumberFormat="1"/><xf numFmtId="9" applyNumberFormat="1"/></cellXfs>'
    )
    return zipped(
        {
            "[Content_Types].xml": content_types("xl/workbook.xml", _XLSX_TYPE),
            "_rels/.rels": relations({"rId1": ("officeDocument", "xl/workbook.xml")}),
            "xl/workbook.xml": f'{_HEAD}<workbook xmlns="{_S}" xmlns:r="{_R}"><sheets>{names}</sheets></workbook>',
            "xl/_rels/workbook.xml.rels": relations({**places, "rIdStyles": ("styles", "styles.xml")}),
            "xl/styles.xml": f'{_HEAD}<styleSheet xmlns="{_S}">{styled}</styleSheet>',
            **{f"xl/worksheets/sheet{number}.xml": one for number, one in enumerate(sheets.values(), start=1)},
            **(more or {}),
        }
    )


# ── PPTX ──

_PPTX_TYPE = "application/vnd.openxmlformats-officedocument.presentationml.presentation.main+xml"


def shape(lines: Sequence[str], kind: str = "", *, place: str = "", properties: str = "") -> str:
    """Text of a placeholder (`title`, `body`), or of a free box; `place` is an `a:xfrm`."""
    mark = f'<p:ph type="{kind}"/>' if kind else ""
    told = "".join(f"<a:p><a:r><a:rPr{properties}/><a:t>{escape(line)}</a:t></a:r></a:p>" for line in lines)
    return (
        f'<p:sp><p:nvSpPr><p:cNvPr id="1" name="x"/><p:nvPr>{mark}</p:nvPr></p:nvSpPr><p:spPr>{place}</p:spPr>'
        f"<p:txBody>{told}</p:txBody></p:sp>"
    )


def slide_table(rows: Sequence[Sequence[str]]) -> str:
    """A table whose first row is marked."""
    told = "".join(
        "<a:tr>"
        + "".join(f"<a:tc><a:txBody><a:p><a:r><a:t>{escape(one)}</a:t></a:r></a:p></a:txBody></a:tc>" for one in row)
        + "</a:tr>"
        for row in rows
    )
    return (
        '<p:graphicFrame><a:graphic><a:graphicData><a:tbl><a:tblPr firstRow="1"/>'
        f"{told}</a:tbl></a:graphicData></a:graphic></p:graphicFrame>"
    )


def pptx(*slides: Sequence[str], hidden: int = 0, noted: int = 0) -> bytes:
    """Slides of shapes; `hidden` and `noted` are numbers of a slide that is not shown or has notes."""
    parts: dict[str, str | bytes] = {
        "[Content_Types].xml": content_types("ppt/presentation.xml", _PPTX_TYPE),
        "_rels/.rels": relations({"rId1": ("officeDocument", "ppt/presentation.xml")}),
    }
    entries = "".join(f'<p:sldId id="{255 + number}" r:id="rId{number}"/>' for number in range(1, len(slides) + 1))
    parts["ppt/presentation.xml"] = (
        f'{_HEAD}<p:presentation xmlns:p="{_P}" xmlns:r="{_R}"><p:sldIdLst>{entries}</p:sldIdLst>'
        '<p:sldSz cx="9144000" cy="6858000"/></p:presentation>'
    )
    parts["ppt/_rels/presentation.xml.rels"] = relations(
        {f"rId{number}": ("slide", f"slides/slide{number}.xml") for number in range(1, len(slides) + 1)}
    )
    for number, shapes in enumerate(slides, start=1):
        shown = ' show="0"' if number == hidden else ""
        parts[f"ppt/slides/slide{number}.xml"] = (
            f'{_HEAD}<p:sld xmlns:p="{_P}" xmlns:a="{_A}" xmlns:r="{_R}"{shown}><p:cSld><p:spTree>{"".join(shapes)}'
            "</p:spTree></p:cSld></p:sld>"
        )
        if number == noted:
            parts[f"ppt/slides/_rels/slide{number}.xml.rels"] = relations(
                {"rId1": ("notesSlide", "../notesSlides/notesSlide1.xml")}
            )
    return zipped(parts)


# ── PDF ──


@dataclass(slots=True)
class PdfPage:
    """A page of 595 by 842 points, drawn step by step; places count from the lower left."""

    steps: list[str] = field(default_factory=list)

    def text(self, x: float, y: float, text: str, size: float = 11, *, color: str = "0 g", mode: int = 0) -> PdfPage:
        """Words in a colour (`1 g` is white) and a mode of drawing (3 is invisible)."""
        glyphs = "".join(f"{ord(letter):04X}" for letter in text)
        self.steps.append(f"BT {color} {mode} Tr /F1 {size} Tf 1 0 0 1 {x} {y} Tm <{glyphs}> Tj ET")
        return self

    def rectangle(self, x: float, y: float, width: float, height: float, *, color: str = "") -> PdfPage:
        """Its border, or filled in a colour."""
        self.steps.append(f"{color or '0 G'} {x} {y} {width} {height} re {'f' if color else 'S'}")
        return self

    def table(self, x: float, y: float, rows: Sequence[Sequence[str]], width: float = 120) -> PdfPage:
        """A table with rules, going down from there."""
        for number, row in enumerate(rows):
            for column, one in enumerate(row):
                left, bottom = x + column * width, y - (number + 1) * 20
                self.rectangle(left, bottom, width, 20).text(left + 4, bottom + 6, one, 10)
        return self

    def picture(self) -> PdfPage:
        """A grey picture that fills the page."""
        self.steps.append("q 595 0 0 842 0 0 cm /Im1 Do Q")
        return self


def pdf(*pages: PdfPage, title: str = "") -> bytes:
    """Pages with a font that has every letter of the first plane, each half as wide as high; Han are as wide as high."""
    mapping = _every_letter()
    objects: dict[int, bytes] = {
        1: b"<</Type/Catalog/Pages 2 0 R>>",
        3: b"<</Type/Font/Subtype/Type0/BaseFont/Any/Encoding/Identity-H/DescendantFonts[4 0 R]/ToUnicode 5 0 R>>",
        4: b"<</Type/Font/Subtype/CIDFontType2/BaseFont/Any/CIDSystemInfo<</Registry(Adobe)/Ordering(Identity)"
        b"/Supplement 0>>/DW 500/W[12288 40959 1000]/FontDescriptor 6 0 R>>",
        5: pdf_stream(mapping),
        6: b"<</Type/FontDescriptor/FontName/Any/Flags 4/Ascent 800/Descent -200/FontBBox[0 -200 1000 800]>>",
        7: pdf_stream(
            bytes(16), b"/Type/XObject/Subtype/Image/Width 4/Height 4/ColorSpace/DeviceGray/BitsPerComponent 8"
        ),
        8: f"<</Title({title})>>".encode(),
    }
    kids = []
    for number, page in enumerate(pages):
        place = 10 + 2 * number
        kids.append(f"{place} 0 R")
        objects[place] = (
            f"<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Contents {place + 1} 0 R"
            "/Resources<</Font<</F1 3 0 R>>/XObject<</Im1 7 0 R>>>>>>"
        ).encode()
        objects[place + 1] = pdf_stream("\n".join(page.steps).encode())
    objects[2] = f"<</Type/Pages/Count {len(pages)}/Kids[{' '.join(kids)}]>>".encode()
    return pdf_of(objects, b"/Info 8 0 R")


def pdf_of(objects: Mapping[int, bytes], trailer: bytes = b"") -> bytes:
    """A file of these objects, with its table of places."""
    raw, places = b"%PDF-1.7\n", {}
    for number, one in sorted(objects.items()):
        places[number] = len(raw)
        raw += b"%d 0 obj\n%b\nendobj\n" % (number, one)
    start, last = len(raw), max(objects) + 1
    table = "".join(
        f"{places[number]:010d} 00000 n \n" if number in places else "0000000000 65535 f \n" for number in range(last)
    )
    return (
        raw
        + f"xref\n0 {last}\n{table}trailer\n".encode()
        + b"<</Size %d/Root 1 0 R%b>>\nstartxref\n%d\n%%%%EOF\n"
        % (
            last,
            trailer,
            start,
        )
    )


def pdf_stream(content: bytes, entries: bytes = b"") -> bytes:
    packed = zlib.compress(content)
    return b"<<%b/Length %d/Filter/FlateDecode>>stream\n%b\nendstream" % (entries, len(packed), packed)


def _every_letter() -> bytes:
    ranges = "\n".join(
        f"<{high:02X}00> <{high:02X}FF> <{high:02X}00>" for high in range(256) if not 0xD8 <= high < 0xE0
    )
    return (
        "/CIDInit /ProcSet findresource begin 12 dict begin begincmap /CMapName /Any def\n"
        "1 begincodespacerange <0000> <FFFF> endcodespacerange\n"
        f"248 beginbfrange\n{ranges}\nendbfrange\nendcmap end end"
    ).encode()
