"""Says what was measured against what was promised; the verdict is the exit status."""

from __future__ import annotations

import sys
from typing import Any

GROWTH, COMPANY_GROWTH, BYTES_GROWTH = 1.3, 2.0, 1.2
MEMORY_MB, HOME_KB = 250, 60


def tell(found: dict[str, Any], small: dict[str, Any] | None) -> int:
    """Print the table; 0 when every target is met."""
    misses: list[str] = []
    width = max(len(name) for name in found["rows"]) + 2
    print(f"{'':{width}}{'median':>9} {'p95':>8} {'×H':>6} {'≤':>5} {'queries':>8} {'kB':>6} {'8 clients':>10} {'growth':>7}")
    for name, row in found["rows"].items():
        words, missed = (_page if row["kind"] == "page" else _other)(name, row, (small or {}).get("rows", {}).get(name))
        misses += missed
        print(f"{name:{width}}{words}{'  ← ' + '; '.join(missed) if missed else ''}")
    print(f"{'memory of the server':{width}}{found['memory_mb']:>7} MB (≤ {MEMORY_MB})")
    if found["memory_mb"] > MEMORY_MB:
        misses.append("memory")
    checked = len(found["rows"]) + 1
    print(f"{found['size']}: {checked - len({miss.split(':')[0] for miss in misses})} of {checked} rows meet their targets"
          + (f"; {len(misses)} misses" if misses else ""))  # fmt: skip
    sys.stdout.flush()
    return 1 if misses else 0


def _page(name: str, row: dict[str, Any], small: dict[str, Any] | None) -> tuple[str, list[str]]:
    missed = []
    if row["ratio"] > row["most"]:
        missed.append(f"{name}: {row['ratio']} H, not {row['most']}")
    if row["queries"] > row["most_queries"]:
        missed.append(f"{name}: {row['queries']} queries, not {row['most_queries']}")
    if row["status"] >= 400 or row["clients_failed"]:
        missed.append(f"{name}: answered {row['status']}, {row['clients_failed']} failed")
    if row["clients_ratio"] > 5 * row["most"]:
        missed.append(f"{name}: {row['clients_ratio']} H with eight clients, not {5 * row['most']}")
    if "home" in name and row["bytes"] > HOME_KB * 1000:
        missed.append(f"{name}: {row['bytes'] / 1000:.0f} kB, not {HOME_KB}")
    growth = ""
    if small is not None:
        times = row["ratio"] / small["ratio"]
        growth = f"{times:.2f}"
        if times > (COMPANY_GROWTH if row["company_wide"] else GROWTH):
            missed.append(f"{name}: grows {times:.2f} × from S to L")
        if row["queries"] > small["queries"]:
            missed.append(f"{name}: {small['queries']} queries at S")
        if row["bytes"] > BYTES_GROWTH * small["bytes"] and not row["company_wide"]:
            missed.append(f"{name}: {row['bytes'] / small['bytes']:.2f} × the bytes of S")
    words = (f"{row['median_ms']:>6} ms {row['p95_ms']:>5} ms {row['ratio']:>6} {row['most']:>5} {row['queries']:>4}/{row['most_queries']:<3}"
             f" {row['bytes'] / 1000:>6.1f} {row['clients_median_ms']:>7} ms {growth:>7}")  # fmt: skip
    return words, missed


def _other(name: str, row: dict[str, Any], small: dict[str, Any] | None) -> tuple[str, list[str]]:
    if row["kind"] == "ratio":
        missed = [f"{name}: {row['ratio']} × {row['against']}, not {row['most']}"] if row["ratio"] > row["most"] else []
        return (
            f"{row['seconds']:>7.3f} s  {row['ratio']} × {row['against']} ({row['raw_seconds']:.3f} s), ≤ {row['most']}",
            missed,
        )
    if row["kind"] == "seconds":
        return f"{row['seconds']:>7.3f} s  ≤ {row['most']} s", [f"{name}: {row['seconds']} s, not {row['most']}"] if row[
            "seconds"
        ] > row["most"] else []
    if row["kind"] == "rate":
        missed = [f"{name}: {row['rate']:.0f} rows/s, not {row['least']:.0f}"] if row["rate"] < row["least"] else []
        return f"{row['seconds']:>7.2f} s  {row['rate']:,.0f} rows/s, ≥ {row['least']:,.0f}", missed
    return f"{row['seconds']:>7.2f} s  {row['written']} rows written", []
