"""Products, and the stages of pipelines."""

from __future__ import annotations

from collections import Counter
from decimal import Decimal

from deals.catalogue import PRESET
from deals.imports.context import Run
from deals.imports.customs import read_amount
from deals.imports.names import Question, Unmatched, known_from, tidy
from deals.imports.report import BadRow
from deals.imports.rows import full_row, limited
from deals.imports.shapes import Table
from deals.imports.survey import Survey, chunks
from deals.models import Deal, Pipeline, Product, Stage
from lib.money import CURRENCIES, quantize
from lib.text import fold

MOST_MONEY = Decimal(10) ** 14
NO = {"no", "false", "0", "tidak"}
# How files call the ends of a deal in their stage column.
OUTCOMES = {
    "won": Deal.Outcome.WON, "closedwon": Deal.Outcome.WON, "lost": Deal.Outcome.LOST, "closedlost": Deal.Outcome.LOST,
    "nodecision": Deal.Outcome.NO_DECISION, "disqualified": Deal.Outcome.DISQUALIFIED,
}  # fmt: skip
# Stages in which nothing has been found out yet, whatever the file says of opening days.
_UNQUALIFIED = {"prospecting", "prospect", "prospek", "lead", "leads", "new", "baru", "suspect"}


def read_products(run: Run, table: Table, customs: dict[str, str]) -> None:
    """Bring in the rows of a products file; an existing product gets the family and list price of the file."""
    counts = run.report.of("products")
    here = {product.pk: product for product in Product.objects.all()}
    for rows in chunks(table):
        for number, cells in rows:
            counts.read += 1
            try:
                done = _product(run, here, _product_row(run, table, cells, customs))
            except BadRow as problem:
                run.refuse(table, number, problem)
                continue
            setattr(counts, done, getattr(counts, done) + 1)
    if not table.shape.is_own:
        run.report.say("no_list_price")


def _product_row(run: Run, table: Table, cells: list[str], customs: dict[str, str]) -> Product:
    if not run.scope.is_everything:
        raise BadRow("not_allowed")
    row = limited(full_row(table, cells), (("name", 120), ("family", 80), ("external_id", 80)))
    if not row["name"]:
        raise BadRow("required", "name")
    currency = row.get("currency") or run.currency
    if currency not in CURRENCIES:
        raise BadRow("bad_currency", "currency", currency)
    price = money(row.get("list_price", ""), currency, customs.get("list_price"), "list_price")
    return Product(
        name=row["name"], family=row.get("family", ""), list_price=price, currency=currency,
        external_id=row.get("external_id", ""), is_active=row.get("is_active", "yes").lower() not in NO,
    )  # fmt: skip


def _product(run: Run, here: dict[int, Product], row: Product) -> str:
    found = run.known["product"].find(row.name)
    if len(found) > 1:
        raise BadRow("ambiguous_name", "name", row.name)
    if not found:
        run.save(row)
        run.known["product"].add(row.pk, row.name)
        here[row.pk] = row
        return "new"
    kept = here.get(found[0])
    if kept is None:
        raise BadRow("twice_here", "name", row.name)
    if kept.name != row.name:
        run.report.say("matched", kind="product", text=row.name, name=kept.name, rows=1)
    changed = [
        name
        for name in ("family", "list_price", "currency")
        if getattr(row, name) not in (None, "", getattr(kept, name)) and (name != "currency" or row.list_price is not None)
    ]
    for name in changed:
        setattr(kept, name, getattr(row, name))
    if changed and not run.is_rehearsal:
        kept.save(update_fields=changed)
    return "changed" if changed else "unchanged"


def money(typed: str, currency: str, custom: str | None, field: str) -> Decimal | None:
    """The amount in a cell, in whole minor units; None for an empty cell. Raises BadRow."""
    if not typed:
        return None
    reading = read_amount(typed, currency, custom)
    if reading.unclear:
        raise BadRow("unclear_money", field, typed, english=str(reading.english), indonesian=str(reading.indonesian))
    if reading.amount is None:
        raise BadRow("bad_money", field, typed)
    if reading.amount < 0:
        raise BadRow("negative", field, typed)
    if reading.amount >= MOST_MONEY:
        raise BadRow("too_large", field, typed)
    return quantize(reading.amount, currency)


# ── Stages ──────────────────────────────────────────────────────────────────────────────────────────────────────────
# What a cell of the stage column means: a stage, how the deal ended, None to leave the row out, or why it means nothing.
StageMeaning = Stage | str | None | Unmatched


def read_stages(run: Run, survey: Survey, *, ends_in_stage: bool) -> tuple[dict[tuple[str, str], StageMeaning], list[Stage]]:
    """What the (pipeline, stage) cells of a deals file mean, and the stages of the pipelines it speaks of, in order.

    A company without deals gets the pipeline of the file.
    """
    meanings: dict[tuple[str, str], StageMeaning] = {}
    ladder: list[Stage] = []
    for pipeline_cell in dict.fromkeys(pipeline for pipeline, _ in survey.stages):
        counted = Counter({cell: rows for (pipeline, cell), rows in survey.stages.items() if pipeline == pipeline_cell})
        names = {cell: tidy(cell) for cell in counted}
        for cell, name in names.items():
            if ends_in_stage and fold(name) in OUTCOMES:
                meanings[pipeline_cell, cell] = OUTCOMES[fold(name)].value
        wanted = {cell: rows for cell, rows in counted.items() if names[cell] and (pipeline_cell, cell) not in meanings}
        stages = _stages_of(run, tidy(pipeline_cell), wanted, survey.opened_stages)
        for cell, rows in wanted.items():
            meanings[pipeline_cell, cell] = _stage(run, stages, names[cell], rows)
        ladder += [stage for stage in stages if stage not in ladder]
    return meanings, ladder


def _stages_of(run: Run, name: str, wanted: dict[str, int], opened: set[str]) -> list[Stage]:
    """The stages of the pipeline of that name, or of the default one, or new ones on a company without deals."""
    pipelines = list(Pipeline.objects.prefetch_related("stages"))
    known = known_from("pipeline", ((pipeline.pk, pipeline.name) for pipeline in pipelines))
    keys = known.find(name) if name else []
    pipeline = next((row for row in pipelines if row.pk in keys or (not name and row.is_default)), None)
    stages = list(pipeline.stages.all()) if pipeline else []
    here = {fold(stage.name) for stage in stages}
    if all(fold(tidy(cell)) in here for cell in wanted) and stages:
        return stages
    is_empty = not Deal.objects.exists() and (not pipelines or run.company.set_up_at is None)
    if is_empty and run.scope.is_everything:
        preset = [str(line[0]) for line in PRESET]
        return _make_pipeline(run, name, list(wanted) or preset, opened if wanted else set(preset))
    return stages or [stage for row in pipelines if row.is_default for stage in row.stages.all()]


def _make_pipeline(run: Run, name: str, cells: list[str], opened: set[str]) -> list[Stage]:
    cleaned = {tidy(cell): cell for cell in cells}
    early = [text for text, cell in cleaned.items() if fold(text) in _UNQUALIFIED or cell not in opened]
    late = [text for text in cleaned if text not in early]
    early, late = ([], early) if not late else (early, late)
    pipeline = Pipeline(name=_free_name(name or "Sales"), is_default=True)
    if not run.is_rehearsal:
        Pipeline.objects.filter(is_default=True).update(is_default=False)
    run.save(pipeline)
    stages = []
    for order, text in enumerate([*early, *late], start=1):
        chance = Decimal("0.10") if text in early else Decimal(late.index(text) + 1) / (len(late) + 1)
        stage = Stage(
            pipeline=pipeline, order=order, name=text[:60], probability=round(chance, 4), is_qualified=text not in early
        )
        run.save(stage)
        stages.append(stage)
    code = "pipeline_made" if early else "pipeline_made_all"
    run.report.say(code, qualified=", ".join(late), unqualified=", ".join(early))
    return stages


def _free_name(name: str) -> str:
    taken = {text.lower() for text in Pipeline.objects.values_list("name", flat=True)}
    return next(text for text in (name[:80], *(f"{name[:76]} {number}" for number in range(2, 100))) if text.lower() not in taken)


def _stage(run: Run, stages: list[Stage], name: str, rows: int) -> StageMeaning:
    known = known_from("stage", ((stage.pk, stage.name) for stage in stages))
    keys, by_key = known.find(name), {stage.pk: stage for stage in stages}
    if len(keys) == 1:
        if by_key[keys[0]].name != name:
            run.report.say("matched", kind="stage", text=name, name=by_key[keys[0]].name, rows=rows)
        return by_key[keys[0]]
    answers = run.options.answers.get("stage", {})
    answer = answers.get(name, answers.get("*"))
    if isinstance(answer, int) and answer in by_key:
        run.report.say("answered", kind="stage", text=name, name=by_key[answer].name, rows=rows)
        return by_key[answer]
    if answer == "skip":
        run.report.say("left_out", kind="stage", text=name, rows=rows)
        return None
    options = tuple((stage.pk, stage.name) for stage in stages)
    run.report.questions.append(Question("stage", name, rows, options, may_create=False))
    return Unmatched(name, "unknown_name", tuple(known.labels[key] for key in known.near(name)))
