"""Files as spreadsheets write them, and files that are none: a clear word, nothing written, never an error page."""

import csv
import gzip
import io
import zipfile
from pathlib import Path

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from deals.imports import batches, files
from deals.imports.files import inspect
from deals.imports.messages import BadFile
from deals.imports.shapes import recognise
from deals.models import Deal, ImportBatch
from tests import make
from tests.crm_like import DEALS_HEADER
from tests.deals import importing

HEADER = ",".join(DEALS_HEADER)
ROW = "OPP1,Ana,GTX Pro,PT Satu,Won,2026-08-03,2026-09-01,5000000"
TEXT = f"{HEADER}\n{ROW}\n"


def workbook() -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("xl/workbook.xml", "<workbook/>")
    return packed.getvalue()


def zip_bomb() -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a.csv", b"0" * 10_000_000)
    return packed.getvalue()


BAD = {
    "empty": (b"", "empty"),
    "only blanks": (b"  \n\n \n", "empty"),
    "only a mark": (b"\xef\xbb\xbf", "no_header"),
    "workbook named csv": (workbook(), "workbook"),
    "zip bomb": (zip_bomb(), "workbook"),
    "old workbook": (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600, "workbook"),
    "gzip": (gzip.compress(TEXT.encode()), "zipped"),
    "7z": (b"7z\xbc\xaf'\x1c\0\x04", "zipped"),
    "pdf": (b"%PDF-1.7\n%\xe2\xe3", "not_text"),
    "png": (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", "not_text"),
    "jpeg": (b"\xff\xd8\xff\xe0\0\x10JFIF", "not_text"),
    "program": (b"\x7fELF\x02\x01\x01" + b"\0" * 60, "not_text"),
    "database": (b"SQLite format 3\0" + b"\0" * 84, "not_text"),
    "html": (b"<!DOCTYPE html><html><body><table>", "html"),
    "html after blanks": (b"\n \n<table><tr><td>opportunity_id", "html"),
    "xml": (b"<?xml version='1.0'?><Workbook>", "html"),
    "zero byte": (f"{HEADER}\nOPP1,A\0na,x".encode(), "nul"),
    "zero byte far in": (TEXT.encode() + ROW.encode() * 30_000 + b"\0", "nul"),
    "broken utf-16": (b"\xff\xfe" + TEXT.encode("utf-16-le") + b"\0\xd8", "bad_encoding"),
    "no known encoding": (TEXT.encode() + b"\x81\x8d\x8f\x90\x9d", "bad_encoding"),
    "a million columns": (",".join("c" * 3 for _ in range(1_000_000)).encode(), "too_many_columns"),
    "300 columns": (",".join(f"c{number}" for number in range(300)).encode(), "too_many_columns"),
    "line without end": (f"{HEADER}\n".encode() + b"x" * 3_000_000, "endless_line"),
    "cell without end": (f"{HEADER}\nOPP1,{'x' * 200_000}\n".encode(), "huge_cell"),
    "quote never closed": (f'{HEADER}\nOPP1,"Ana,GTX Pro\n{ROW}\n'.encode(), "open_quote"),
    "quote closed inside": (f'{HEADER}\n"OPP1"x,Ana\n'.encode(), "open_quote"),
    "no header": (f"{ROW}\n{ROW}\n".encode(), "unknown_header"),
    "json": (b'[{"opportunity_id": "OPP1", "sales_agent": "Ana"}]', "unknown_header"),
    "other table": (b"id;quantity;warehouse\n1;2;3\n", "unknown_header"),
    "missing column": (b"opportunity_id,product,account,close_value\nOPP1,a,b,1\n", "missing_columns"),
    "column twice": (f"{HEADER},product\n{ROW},x\n".encode(), "column_twice"),
    "unnamed column": (f"{HEADER.replace('product', '')}\n{ROW}\n".encode(), "unnamed_column"),
    "header only": (HEADER.encode(), "no_rows"),
    "header and blank rows": (f"{HEADER}\n\n,,,,,,,\n\n".encode(), "no_rows"),
}


@pytest.mark.django_db
@pytest.mark.parametrize(("content", "code"), BAD.values(), ids=BAD.keys())
def test_a_bad_file_is_refused_in_plain_words(content, code, tmp_path, cast):
    path = tmp_path / "bad.csv"
    path.write_bytes(content)
    before = importing.row_counts()
    with pytest.raises(BadFile) as refused:
        importing.run(path)
    assert refused.value.code == code
    assert "bad.csv" in str(refused.value)
    assert importing.row_counts() == before


@pytest.mark.django_db
@pytest.mark.parametrize("content", [content for content, _ in BAD.values()], ids=BAD.keys())
def test_a_bad_upload_is_no_error_page(content, cast, signed_in, settings, tmp_path):
    settings.UPLOAD_DIR = tmp_path / "uploads"
    response = signed_in(cast.admin).post("/import/", {"csv": [SimpleUploadedFile("bad.csv", content)]})
    batches.work_off()
    assert response.status_code in (302, 422)
    assert not ImportBatch.objects.exclude(state=ImportBatch.State.FAILED).exists()
    assert Deal.objects.count() == 0


@pytest.mark.django_db
def test_a_file_with_too_many_rows_is_refused(tmp_path, cast, monkeypatch):
    monkeypatch.setattr(files, "MOST_ROWS", 3)
    path = tmp_path / "long.csv"
    path.write_text(f"{HEADER}\n" + "".join(f"OPP{number},Ana,,,Qualified,,,\n" for number in range(4)))
    with pytest.raises(BadFile, match=r"long\.csv has more than 3 rows"):
        importing.run(path)
    assert Deal.objects.count() == 0


def test_a_file_that_is_too_big_is_refused(tmp_path, settings):
    settings.IMPORT_MAX_BYTES = 10
    path = tmp_path / "big.csv"
    path.write_text(TEXT)
    with pytest.raises(BadFile) as refused:
        inspect(path)
    assert refused.value.code == "too_big"


SPREADSHEETS = {
    "utf-8": TEXT.encode(),
    "utf-8 with its mark": TEXT.encode("utf-8-sig"),
    "utf-16": TEXT.encode("utf-16"),
    "utf-16 big-endian without mark": TEXT.encode("utf-16-be"),
    "utf-16 little-endian without mark": TEXT.encode("utf-16-le"),
    "utf-32": TEXT.encode("utf-32"),
    "windows line ends": TEXT.replace("\n", "\r\n").encode(),
    "old mac line ends": TEXT.replace("\n", "\r").encode(),
    "semicolons": TEXT.replace(",", ";").encode(),
    "tabs": TEXT.replace(",", "\t").encode(),
    "bars": TEXT.replace(",", "|").encode(),
    "separator said first": f"sep=;\n{TEXT.replace(',', ';')}".encode(),
    "everything quoted": "\n".join(",".join(f'"{cell}"' for cell in line.split(",")) for line in TEXT.splitlines()).encode(),
    "upper case header with blanks": TEXT.replace(HEADER, HEADER.upper().replace("_", " ")).encode(),
    "trailing delimiters": TEXT.replace("\n", ",,\n").encode(),
    "blank rows between": TEXT.replace("\n", "\n\n").encode(),
    "no last line end": TEXT.strip().encode(),
}


@pytest.mark.parametrize("content", SPREADSHEETS.values(), ids=SPREADSHEETS.keys())
def test_every_spreadsheet_s_csv_is_read(content, tmp_path):
    path = tmp_path / "deals.csv"
    path.write_bytes(content)
    table = recognise(inspect(path))
    assert table.kind == "deals"
    ((_, cells),) = list(table.source.rows())
    assert cells[:8] == ROW.split(",")


@pytest.mark.parametrize(
    ("before", "row"),
    [("", 3), ("\n\n", 5), (",,,,,,,\r\n", 4), (" \n;;;\n\t\n", 6), ("sep=,\n", 3), ("\nsep=,\n", 4)],
    ids=["nothing", "blank lines", "empty cells", "all sorts", "separator", "blank line and separator"],
)
def test_rows_count_as_the_spreadsheet_shows_them(before, row, tmp_path):
    path = tmp_path / "deals.csv"
    path.write_bytes(f"{before}{HEADER}\n{ROW}\n{ROW}\n".encode())
    assert [number for number, _ in recognise(inspect(path)).source.rows()] == [row - 1, row]


@pytest.mark.parametrize(("blank", "row"), [("", 2), ("\n\n", 4)])
def test_a_broken_row_is_named_as_the_spreadsheet_shows_it(blank, row, tmp_path):
    path = tmp_path / "deals.csv"
    path.write_text(f'{blank}{HEADER}\n"OPP1"x,Ana\n')
    with pytest.raises(BadFile) as refused:
        list(inspect(path).rows())
    assert refused.value.facts["row"] == row


@pytest.mark.parametrize(("position", "letter"), [(1, "A"), (3, "C"), (26, "Z"), (27, "AA"), (53, "BA")])
def test_a_column_without_a_name_is_told_by_number_and_letter(position, letter, tmp_path):
    path = tmp_path / "deals.csv"
    path.write_text(",".join("" if at == position else f"c{at}" for at in range(1, 61)) + "\n")
    with pytest.raises(BadFile) as refused:
        inspect(path)
    assert str(refused.value).startswith(f"Column {position} ({letter}) of deals.csv has no name.")


def test_missing_columns_are_quoted(tmp_path):
    path = tmp_path / "people.csv"
    path.write_text("account,title,phone,email\nPT Satu,CFO,,\n")
    with pytest.raises(BadFile) as refused:
        recognise(inspect(path))
    assert str(refused.value) == "people.csv looks like Contacts, but this column is missing: “name”. Add it to the first row."


def test_windows_letters_are_read(tmp_path):
    path = tmp_path / "deals.csv"
    path.write_bytes(TEXT.replace("PT Satu", "Café Müller – “Süd”").encode("cp1252"))
    ((_, cells),) = list(inspect(path).rows())
    assert cells[3] == "Café Müller – “Süd”"


def test_line_ends_inside_quotes_belong_to_the_cell(tmp_path):
    path = tmp_path / "deals.csv"
    path.write_text(f"{HEADER}\n{ROW.replace('PT Satu', chr(34) + 'PT' + chr(10) + 'Satu' + chr(34))}\n{ROW}\n")
    rows = list(inspect(path).rows())
    assert [number for number, _ in rows] == [2, 3]
    assert rows[0][1][3] == "PT\nSatu"


@pytest.mark.django_db
def test_characters_that_cannot_be_shown_are_taken_out_of_names(tmp_path, cast):
    make.product("GTX Pro")
    make.account("PT Satu")
    path = tmp_path / "deals.csv"
    path.write_text(TEXT.replace("PT Satu", "PT\u200b Sa\x07tu\u202e"), encoding="utf-8")
    importing.run(path)
    assert Deal.objects.get().account.name == "PT Satu"


@pytest.mark.django_db
def test_ragged_rows_are_refused_one_by_one(tmp_path, cast):
    make.product("GTX Pro")
    make.account("PT Satu")
    path = tmp_path / "deals.csv"
    path.write_text(f"{HEADER}\n{ROW}\nOPP2,Ana\n{ROW.replace('OPP1', 'OPP3')},surplus\n")
    report = importing.run(path, skip_bad=True)
    assert importing.refused(report) == [(3, "", "ragged"), (4, "", "ragged")]
    assert list(Deal.objects.values_list("external_id", flat=True)) == ["OPP1"]


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("../../etc/passwd", "passwd"), ("C:\\Users\\ana\\deals.csv", "deals.csv"), ("/abs/olute.csv", "olute.csv"),
        ("", "file.csv"), ("a" * 300 + ".csv", "a" * 120), ("ev\x00il\u202e.csv", "evil.csv"), ("..", "file.csv"),
    ],
)  # fmt: skip
def test_folders_in_names_of_files_are_dropped(name, shown):
    assert files.display_name(name) == shown


def test_the_csv_module_s_own_limit_is_what_a_cell_may_hold():
    assert csv.field_size_limit() == 131_072


def test_a_folder_without_csv_files_says_so(tmp_path, db):
    (tmp_path / "README.md").write_text("no data")
    with pytest.raises(Exception, match="There is no CSV file in"):
        importing.command(tmp_path)


def test_a_path_that_is_not_there_says_so(db):
    with pytest.raises(Exception, match=r"is not there\. Check the path\."):
        importing.command(Path("/nowhere/at/all"))
