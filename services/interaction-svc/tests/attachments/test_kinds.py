"""What a file is, is told by its first bytes; its name and its sender must agree with them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from interaction_svc.attachments.domain import HEAD_BYTES, LONGEST_NAME, cleaned, judged
from interaction_svc.kinds import MEDIA_TYPES
from shared.problems import Invalid

from .sending import JPEG, NOTE, PDF, office

OLE = bytes.fromhex("d0cf11e0a1b11ae1") + bytes(600)
OFFICE = "application/vnd.openxmlformats-officedocument."


def kind_of(head: bytes, name: str, declared: str = "") -> str:
    return judged(head, name, declared, allowed=MEDIA_TYPES)[0].media_type


@pytest.mark.parametrize(
    ("head", "name", "declared", "found"),
    [
        (PDF, "报价.pdf", "application/pdf", "application/pdf"),
        (JPEG, "a.JPG", "image/pjpeg", "image/jpeg"),
        (JPEG, "a.jpeg", "application/octet-stream", "image/jpeg"),
        (b"\x89PNG\r\n\x1a\n" + bytes(40), "a.png", "", "image/png"),
        (b"GIF89a" + bytes(40), "a.gif", "image/gif", "image/gif"),
        (b"RIFF\x24\0\0\0WEBPVP8 " + bytes(40), "a.webp", "", "image/webp"),
        (b"\0\0\0\x18ftypheic\0\0\0\0mif1heic" + bytes(40), "IMG_1.HEIC", "image/heic", "image/heic"),
        (b"II*\0" + bytes(60), "scan.tif", "", "image/tiff"),
        (b"BM" + bytes(60), "a.bmp", "", "image/bmp"),
        (b"ID3\x03\0\0\0\0\0\x23" + bytes(80), "电话.mp3", "audio/mp3", "audio/mpeg"),
        (b"\0\0\0\x20ftypM4A \0\0\0\0" + bytes(60), "a.m4a", "audio/x-m4a", "audio/mp4"),
        (b"RIFF\x24\0\0\0WAVEfmt " + bytes(40), "a.wav", "audio/wav", "audio/x-wav"),
        (b"#!AMR\n" + bytes(40), "a.amr", "", "audio/amr"),
        (b"OggS\0\x02" + bytes(40), "a.opus", "audio/opus", "audio/ogg"),
        (office("word"), "合同.docx", "", f"{OFFICE}wordprocessingml.document"),
        (office("xl"), "价格.xlsx", "application/zip", f"{OFFICE}spreadsheetml.sheet"),
        (office("ppt"), "a.pptx", "", f"{OFFICE}presentationml.presentation"),
        (OLE, "a.doc", "application/msword", "application/msword"),
        (OLE, "a.xls", "", "application/vnd.ms-excel"),
        (OLE, "a.ppt", "", "application/vnd.ms-powerpoint"),
        (NOTE, "纪要.txt", "text/plain", "text/plain"),
        ("客户,数量\n海纳,3\n".encode("gb18030"), "a.csv", "application/vnd.ms-excel", "text/csv"),
        ("\ufeffa,b\r\n1,2\r\n".encode(), "a.csv", "text/csv", "text/csv"),
    ],
)
def test_a_file_is_what_its_bytes_say(head: bytes, name: str, declared: str, found: str) -> None:
    assert kind_of(head, name, declared) == found


@pytest.mark.parametrize(
    ("head", "name"),
    [
        (b"MZ\x90\0\x03" + bytes(100), "setup.exe"),
        (b"MZ\x90\0\x03" + bytes(100), "photo.jpg"),
        (b"\x7fELF\x02\x01\x01" + bytes(60), "tool"),
        (b"#!/bin/sh\nrm -rf .\n", "notes.txt"),
        (b"<!DOCTYPE html><html>", "page.html"),
        (b"<html><script>", "notes.txt"),
        (b"Hello\n<script>alert(1)</script>", "notes.txt"),
        (b'<svg xmlns="http://www.w3.org/2000/svg">', "logo.svg"),
        (b'<?xml version="1.0"?><svg/>', "logo.png"),
        (b"\xef\xbb\xbf  <html>", "notes.txt"),
        (b"PK\x03\x04" + bytes(100), "all.zip"),
        (b"plain words", "run.bat"),
        (b"plain words", "page.html"),
        (b"words\0and zeroes", "notes.txt"),
        (b"words\x1b[31m", "notes.txt"),
        (b"\xff\xfe\xfd\xfc" * 8, "notes.txt"),
        (b"Rar!\x1a\x07\0" + bytes(40), "a.rar"),
        (bytes(200), "a.bin"),
    ],
)
def test_what_could_run_or_cannot_be_told_is_not_taken_in(head: bytes, name: str) -> None:
    with pytest.raises(Invalid) as refused:
        kind_of(head, name)
    assert refused.value.code == "type_not_allowed"


@pytest.mark.parametrize(
    ("head", "name", "declared"),
    [
        (PDF, "photo.jpg", ""),
        (JPEG, "report.pdf", ""),
        (JPEG, "photo.jpg", "application/pdf"),
        (office("word"), "a.xlsx", ""),
        (OLE, "a.docx", ""),
        (NOTE, "a.pdf", ""),
        (NOTE, "a.txt", "text/html"),
        (PDF, "a.pdf", "text/html"),
    ],
)
def test_a_name_or_a_type_that_the_bytes_belie_is_refused(head: bytes, name: str, declared: str) -> None:
    with pytest.raises(Invalid) as refused:
        kind_of(head, name, declared)
    assert refused.value.code == "type_mismatch"


def test_a_kind_that_the_operator_does_not_want_is_refused() -> None:
    with pytest.raises(Invalid) as refused:
        judged(JPEG, "a.jpg", "", allowed={"application/pdf"})
    assert refused.value.code == "type_not_allowed"


def test_a_name_without_an_ending_gets_its_kinds() -> None:
    assert judged(PDF, "报价单", "", allowed=MEDIA_TYPES)[1] == "报价单.pdf"


def test_a_character_that_the_end_of_the_head_cuts_is_no_fault() -> None:
    for encoding in ("utf-8", "gb18030"):
        for shift in range(4):
            text = b"a" * shift + ("通路" * HEAD_BYTES).encode(encoding)
            assert kind_of(text[:HEAD_BYTES], "a.txt") == "text/plain"


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("../../etc/passwd.txt", "passwd.txt"),
        ("..\\..\\windows\\system.pdf", "system.pdf"),
        ("C:\\照片\\一.jpg", "一.jpg"),
        ("/absolute.pdf", "absolute.pdf"),
        ("two\r\nlines: x.pdf", "twolines: x.pdf"),
        ("null\x00byte.pdf", "nullbyte.pdf"),
        ("cod\u202efdp.exe", "codfdp.exe"),
        ("  many   spaces .pdf", "many spaces .pdf"),
        (".htaccess", "htaccess"),
    ],
)
def test_a_name_is_only_a_name(given: str, kept: str) -> None:
    assert cleaned(given) == kept


@pytest.mark.parametrize("name", ["", "..", "/", "a/", "\u202e", " . ", "\n"])
def test_a_file_must_have_a_name(name: str) -> None:
    with pytest.raises(Invalid) as refused:
        cleaned(name)
    assert refused.value.code == "name_missing"


def test_a_long_name_keeps_its_ending() -> None:
    name = cleaned("很" * 400 + ".pdf")
    assert len(name) == LONGEST_NAME
    assert name.endswith("很.pdf")


@given(st.text(max_size=600) | st.text("a. ", min_size=250, max_size=600))
def test_whatever_a_name_is_it_becomes_a_harmless_one_or_none(name: str) -> None:
    try:
        found = cleaned(name)
    except Invalid:
        return
    assert 0 < len(found) <= LONGEST_NAME
    assert not set(found) & set("/\\\0\r\n")
    assert found not in {".", ".."}
    assert cleaned(found) == found
