"""Everything the import says, by code: reports are stored as codes with their facts and read in the reader's language."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext_lazy as _

from lib.numbers import language, number

_FILES = {
    "empty": _("%(file)s is empty. Export it again and choose the new file."),
    "too_big": _("%(file)s is larger than %(most)s MB. Divide it into smaller files."),
    "too_many_rows": _("%(file)s has more than %(most)s rows. Divide it into smaller files."),
    "too_many_columns": _("%(file)s has more than %(most)s columns, or a first row without end. Keep only the columns you need."),
    "workbook": _("%(file)s is a workbook or an archive, not CSV. Open it in your spreadsheet and save it as CSV."),
    "zipped": _("%(file)s is compressed. Unpack it and choose the CSV file in it."),
    "not_text": _("%(file)s is no text. Save your table as CSV and choose that file."),
    "html": _("%(file)s is a web page saved under another name. Export the table as CSV."),
    "nul": _("%(file)s contains zero bytes, so it is damaged or no text. Save it as CSV again."),
    "bad_encoding": _("%(file)s is in an encoding that cannot be read. Save it as “CSV UTF-8”."),
    "endless_line": _("%(file)s has a line without end. Save it as CSV again, one row a line."),
    "huge_cell": _("%(file)s has a cell too large to read in row %(row)s; a quotation mark before it may never be closed."),
    "open_quote": _(
        "%(file)s has a quotation mark in row %(row)s that is never closed, or closed in the middle of a cell. Correct that row."
    ),
    "no_header": _("%(file)s does not begin with the names of its columns. Put them into the first row."),
    "unnamed_column": _("Column %(position)s (%(letter)s) of %(file)s has no name. Name it in the first row, or remove it."),
    "column_twice": _("%(file)s has the column “%(column)s” twice. Rename or remove one."),
    "unknown_header": _("The columns of %(file)s are not known here. Known are: %(known)s."),
    "missing_columns": _("%(file)s looks like %(kind)s, but this column is missing: %(columns)s. Add it to the first row."),
    "no_rows": _("%(file)s has column names and no rows."),
    "no_files": _("There is no CSV file in %(file)s."),
    "not_there": _("%(file)s is not there. Check the path."),
    "too_many_files": _("Choose at most %(most)s files at a time."),
    "discarded": _("You gave this import up. Nothing was written."),
    "waited_too_long": _("This import waited a week for an answer, so its files were removed. Upload them again."),
    "gave_up": _(
        "The import could not be finished after three attempts. Nothing was written. Divide the files, or ask your admin."
    ),
    "right_lost": _("Whoever uploaded this may not import any more. Nothing was written."),
    "gone": _("%(file)s is no longer kept here. Upload it again."),
}
_ROWS = {
    "ragged": _("The row has %(found)s cells where the header has %(expected)s."),
    "required": _("This cell must not be empty."),
    "too_long": _("The text is longer than %(most)s characters."),
    "bad_date": _("This is no date. Write it as 2026-11-30."),
    "bad_instant": _("This is no date and time. Write it as 2026-11-30 14:00."),
    "bad_money": _("This is no amount. Write it as 1250000 or 1.250.000."),
    "negative": _("An amount must not be less than 0."),
    "too_large": _("The number is too large."),
    "bad_number": _("This is no whole number."),
    "bad_choice": _("This is none of: %(choices)s."),
    "bad_currency": _("This is no currency code such as IDR or USD."),
    "bad_json": _("This is not what the export writes into the column extra."),
    "bad_phone": _("This cannot be a phone number."),
    "bad_email": _("This is no e-mail address."),
    "unclear_money": _("It can be read as %(english)s or as %(indonesian)s."),
    "unclear_date": _("It can be read as %(day_first)s or as %(month_first)s."),
    "unknown_name": _("Nothing of this name is known here."),
    "ambiguous_name": _("More than one has this name. Make the names differ, then import again."),
    "unknown_contact": _("The account has no contact of this name. Import the contacts first."),
    "contact_without_account": _("A contact needs the account it belongs to."),
    "twice_here": _("This id stands in the import more than once."),
    "closed_without_day": _("A closed deal needs the day it was closed."),
    "open_with_outcome": _("The day it was closed is given, but not how it ended."),
    "closed_before_opened": _("It was closed before it was opened."),
    "reopened_later": _("The deal was reopened here after that day. Close it on its own page."),
    "in_future": _("This day is still to come."),
    "ends_before_start": _("It ends before it starts."),
    "not_yours": _("This belongs to somebody outside your teams."),
    "not_allowed": _("Only an admin may import this."),
    "no_letter": _("A name needs at least one letter."),
    "own_parent": _("It cannot be part of itself."),
    "team_elsewhere": _("The team %(team)s is part of %(parent)s, not of this office."),
    "other_team": _("%(rep)s sells in the team %(team)s already. Move people on the page People."),
    "other_lead": _("%(rep)s leads the team %(team)s already. Change leads on the page Teams."),
    "other_currency": _("This deal is in %(currency)s. The currency of a deal does not change."),
}
_SAID = {
    "matched": _("%(kind)s: “%(text)s” is taken as “%(name)s” (%(rows)s)."),
    "answered": _("%(kind)s: “%(text)s” is taken as “%(name)s”, as you answered (%(rows)s)."),
    "created": _("%(kind)s: “%(text)s” is new (%(rows)s)."),
    "left_out": _("%(kind)s: “%(text)s” is left out, as you answered (%(rows)s)."),
    "company_currency": _("The company's currency becomes %(currency)s."),
    "currency_assumed": _("Amounts without a currency are taken as %(currency)s."),
    "pipeline_made": _("A pipeline is made of the stages in the file: %(qualified)s count as qualified, %(unqualified)s do not."),
    "pipeline_made_all": _("A pipeline is made of the stages in the file, which all count as qualified: %(qualified)s."),
    "money_custom": _("Amounts in the column %(column)s of %(file)s are read in the %(custom)s way, as in “%(example)s”."),
    "date_custom": _("Dates in the column %(column)s of %(file)s are read with the %(custom)s first, as in “%(example)s”."),
    "unused_column": _("The column %(column)s of %(file)s is not used."),
    "no_account": _("Deals without an account: %(n)s. They are stored without one."),
    "no_opening": _("Open deals without an opening day: %(n)s. They are stored as open with the day unknown."),
    "lost_zero": _("Lost deals with the value 0: %(n)s. Their amount is left empty, since it is not known."),
    "no_list_price": _("List prices are kept with the products. They are not used as amounts of deals."),
    "sector_odd": _("The sector “%(text)s” is kept as it is in the file (%(rows)s). Did they mean “%(near)s”?"),
    "reps_without_rows": _("Sellers without a deal in the file: %(n)s."),
    "office_team": _("New teams: %(n)s. Each is named after its manager and part of its office."),
    "controls": _("Cells with characters that cannot be shown: %(n)s. The characters were removed."),
}
KINDS = {
    "teams": _("Teams and people"), "products": _("Products"), "accounts": _("Accounts"), "contacts": _("Contacts"),
    "leads": _("Leads"), "deals": _("Deals"), "activities": _("Activities"),
}  # fmt: skip
REFERENCES = {
    "rep": _("Person"), "product": _("Product"), "account": _("Account"), "stage": _("Stage"), "pipeline": _("Pipeline"),
    "competitor": _("Competitor"), "contact": _("Contact"), "team": _("Team"), "deal": _("Deal"), "lead": _("Lead"),
}  # fmt: skip
CUSTOMS = {"en": _("English"), "id": _("Indonesian"), "dmy": _("day"), "mdy": _("month")}
TEXTS = {**_FILES, **_ROWS, **_SAID}


def render(code: str, facts: Mapping[str, Any]) -> str:
    """The sentence of a code, in the active language."""
    shown = {name: _shown(name, value) for name, value in facts.items()}
    return str(TEXTS[code]) % shown


def _shown(name: str, value: Any) -> str:
    if name == "kind":
        return str(REFERENCES.get(value) or KINDS.get(value) or value)
    if name == "custom":
        return str(CUSTOMS[value])
    if name == "rows":
        return ngettext("%(n)s row", "%(n)s rows", value) % {"n": number(value, language(get_language()))}
    if name in ("n", "most") and isinstance(value, int):
        return number(value, language(get_language()))
    return str(value)


class BadFile(Exception):
    """A file that cannot be taken; `code` and `facts` say why."""

    def __init__(self, code: str, **facts: Any) -> None:
        super().__init__(code)
        self.code, self.facts = code, facts

    def __str__(self) -> str:
        return render(self.code, self.facts)
