"""An import in a browser: choose a file, answer the one question, look, write."""

from deals.imports import batches
from deals.models import Account, Deal
from tests import make

HEADER = "opportunity_id,sales_agent,product,account,deal_stage,engage_date,close_date,close_value"
ROWS = (
    "X1,Ana,Kasir,PT Anggrek,Won,2026-03-02,2026-04-01,4000000",
    "X2,Ana,Kasir,PT Angrek,Qualified,2026-09-01,,",
    "X3,Budi,Kasir,PT Anggrek,Lost,2026-05-04,2026-06-01,0",
)


def worked(window):
    """The worker's turn, then what the page shows."""
    batches.work_off()
    window.page.reload()
    window.settle()
    return window.page


def test_a_file_with_one_question_is_asked_about_and_written(cast, visit, tmp_path):
    make.account("PT Anggrek")
    make.product("Kasir")
    file = tmp_path / "sales_pipeline.csv"
    file.write_text("\n".join([HEADER, *ROWS]) + "\n")
    window = visit(cast.manager).open("/import/")
    window.page.get_by_label("Drop CSV files here, or choose them").set_input_files(file)
    window.page.get_by_role("button", name="Check the files").click()
    window.page.wait_for_url("**/import/*/")
    page = worked(window)
    assert page.get_by_text("Some things only you can settle").is_visible()
    question = page.get_by_role("group", name="What is “PT Angrek”?")
    question.get_by_label("PT Anggrek", exact=True).check()
    assert window.barriers() == []
    page.get_by_role("button", name="Check again").click()
    page.wait_for_url("**/import/*/")
    page = worked(window)
    assert Deal.objects.count() == 0
    page.get_by_role("button", name="Write 3 rows").click()
    page.wait_for_url("**/import/*/")
    page = worked(window)
    assert page.get_by_text("3 rows are stored.").is_visible()
    assert sorted(Deal.objects.values_list("external_id", "account__name")) == [(f"X{at}", "PT Anggrek") for at in (1, 2, 3)]
    assert Account.objects.count() == 1
