"""A PDF by its content, opened, counted, and made harmless before it is kept."""

from __future__ import annotations

import io

import pikepdf
import pytest
from pikepdf import Array, Dictionary, Name, String

from accelerator.kernel.errors import RuleViolation
from accelerator.outbound import pdf_check


def pdf(pages: int = 1) -> pikepdf.Pdf:
    made = pikepdf.new()
    for _page in range(pages):
        made.add_blank_page()
    return made


def content(of: pikepdf.Pdf, **options: object) -> bytes:
    out = io.BytesIO()
    of.save(out, **options)
    return out.getvalue()


def cleaned(of: pikepdf.Pdf) -> pikepdf.Pdf:
    return pikepdf.open(io.BytesIO(pdf_check.clean(content(of), max_pages=60).content))


def test_clean_counts_pages_and_gives_the_same_bytes_for_the_same_file():
    made = content(pdf(3))

    first, second = pdf_check.clean(made, max_pages=3), pdf_check.clean(made, max_pages=3)

    assert first.pages == 3
    assert first.content == second.content


def test_clean_takes_away_everything_that_acts():
    made = pdf()
    script = made.make_indirect(Dictionary(S=Name.JavaScript, JS=String("app.alert(1)")))
    made.Root.OpenAction = script
    made.Root.AA = Dictionary(WC=script)
    made.Root.Names = Dictionary(JavaScript=Dictionary(Names=Array([String("x"), script])))
    made.Root.AcroForm = Dictionary(Fields=Array([]), XFA=made.make_stream(b"<xdp/>"))
    made.attachments["evil.exe"] = b"MZ attached bytes"
    made.docinfo["/Author"] = "Ada Lovelace"
    page = made.pages[0]
    page.obj.AA = Dictionary(O=script)
    go = Dictionary(S=Name.GoTo, D=Array([page.obj, Name.Fit]), Next=script)
    page.obj.Annots = Array(
        [
            Dictionary(
                Type=Name.Annot, Subtype=Name.Link, A=Dictionary(S=Name.URI, URI=String("https://evil.example"))
            ),
            Dictionary(Type=Name.Annot, Subtype=Name.Link, A=Dictionary(S=Name.Launch, F=String("cmd.exe"))),
            Dictionary(Type=Name.Annot, Subtype=Name.Link, A=go),
            made.make_indirect(Dictionary(Type=Name.Annot, Subtype=Name.FileAttachment)),
        ]
    )

    harmless = cleaned(made)

    raw = content(harmless, compress_streams=False, object_stream_mode=pikepdf.ObjectStreamMode.disable)
    for word in (b"JavaScript", b"app.alert", b"evil", b"cmd.exe", b"attached bytes", b"Lovelace", b"xdp", b"/AA"):
        assert word not in raw
    links = list(harmless.pages[0].obj.Annots)
    assert [note.Subtype for note in links] == [Name.Link] * 3
    assert [str(note.A.S) for note in links if "/A" in note] == ["/GoTo"]


@pytest.mark.parametrize(
    ("bytes_given", "reason"),
    [
        (b"<html><script>alert(1)</script></html>", "not a PDF"),
        (b"<html>%PDF-1.7", "not a PDF"),
        (b"\x89PNG\r\n\x1a\n", "not a PDF"),
        (b"PK\x03\x04", "not a PDF"),
        (b"%PDF-1.7\n" + b"\x00" * 2000, "damaged"),
        (b"%PDF-", "damaged"),
        (content(pdf())[:200], "damaged"),
        (content(pdf(0)), "damaged"),
        (content(pdf(4)), "at most 3 pages"),
        (content(pdf(), encryption=pikepdf.Encryption(user="secret", owner="secret")), "password"),
        (content(pdf(), encryption=pikepdf.Encryption(user="", owner="secret")), "password"),
    ],
)
def test_clean_refuses_with_a_reason(bytes_given, reason):
    with pytest.raises(RuleViolation, match=reason) as refusal:
        pdf_check.clean(bytes_given, max_pages=3)

    assert refusal.value.field == "deck"


def test_clean_refuses_a_file_of_countless_objects():
    head = b"%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n2 0 obj<</Type/Pages/Kids[]/Count 0>>endobj\n"
    bomb = head + b"".join(b"%d 0 obj[]endobj\n" % number for number in range(3, 160_000)) + b"trailer<</Root 1 0 R>>"

    with pytest.raises(RuleViolation, match="damaged"):
        pdf_check.clean(bomb, max_pages=60)


def test_clean_survives_nesting_without_end():
    with pytest.raises(RuleViolation, match="damaged"):
        pdf_check.clean(b"%PDF-1.4\n1 0 obj" + b"[" * 50_000 + b"endobj", max_pages=60)


def test_clean_opens_or_refuses_every_sample_file(shared):
    outcomes = {}
    for path in sorted((shared / "bad-input").glob("p*/*")):
        try:
            outcomes[path.name] = pdf_check.clean(path.read_bytes(), max_pages=60).pages
        except RuleViolation as refusal:
            outcomes[path.name] = str(refusal.reason).split()[3]

    assert outcomes["imagemagick-images.pdf"] == 6
    assert outcomes["eicar.txt"] == outcomes["xss.html"] == outcomes["zip-symlink.zip"] == "not"
    protected = {name for name, outcome in outcomes.items() if outcome == "protected"}
    assert {name for name in outcomes if name[0] == "r" and name[1].isdigit()} <= protected
    assert len(protected) == 20
