"""A process of its own that imports many activities and prints how long it took and how many MB it needed at most."""

import os
import sys
import time
from pathlib import Path

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "salesteam.settings")
os.environ["SALESTEAM_SERVERS"] = "test"
folder, count, os.environ["DB_NAME"] = Path(sys.argv[1]), int(sys.argv[2]), sys.argv[3]
sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

import django  # noqa: E402

from salesteam import embedded  # noqa: E402

embedded.ensure_running(create_database=False)
django.setup()

from deals.imports.context import Options, Scope  # noqa: E402
from deals.imports.files import inspect  # noqa: E402
from deals.imports.run import write  # noqa: E402
from deals.imports.shapes import recognise  # noqa: E402
from deals.models import ImportBatch  # noqa: E402
from reps.models import Rep  # noqa: E402


def most_memory() -> int:
    """Peak resident MB of this program alone; getrusage would count what its parent had before exec as well."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) // 1024 for line in lines if line.startswith("VmHWM:"))


Rep.objects.get_or_create(name="Ana")
path = folder / "activities.csv"
with path.open("w") as stream:
    stream.write("external_id,rep,occurred_at,channel,outcome\n")
    for number in range(count):
        stream.write(
            f"ACT{number:07},Ana,2026-0{1 + number % 8}-{1 + number % 28:02} {number % 24:02}:{number % 60:02},call,reached\n"
        )
before, started = most_memory(), time.monotonic()
report = write([recognise(inspect(path))], options=Options(), scope=Scope(), batch=ImportBatch())
assert report.of("activities").new == count
print(round(time.monotonic() - started, 1), before, most_memory())
