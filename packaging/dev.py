"""All a newcomer needs: ``python3 packaging/dev.py run`` and ``python3 packaging/dev.py test``.

Finds a fitting Python, makes ``.venv``, installs the pinned packages, adds the system libraries that Qt needs on a
Debian-like system, and then runs the program or its tests. Only the standard library is used here.
"""

from __future__ import annotations

import ctypes
import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
STAMP = VENV / "genplay-installed"
CONSTRAINTS = ROOT / "packaging" / "constraints.txt"
OLDEST, NEWEST = (3, 11), (3, 14)
LONGEST = 45 * 60
"""Seconds that one step of the checks may take; the longest takes ten minutes."""
WINDOWS = sys.platform == "win32"
USAGE = """usage: python3 packaging/dev.py run  [arguments of genplay]   start the program
       python3 packaging/dev.py test [arguments of pytest]    check style and types, run all tests"""

QT_LIBRARIES = {
    "libEGL.so.1": "libegl1",
    "libGL.so.1": "libgl1",
    "libglib-2.0.so.0": "libglib2.0-0",
    "libfontconfig.so.1": "libfontconfig1",
    "libdbus-1.so.3": "libdbus-1-3",
    "libxkbcommon.so.0": "libxkbcommon0",
    "libxkbcommon-x11.so.0": "libxkbcommon-x11-0",
    "libxcb-cursor.so.0": "libxcb-cursor0",
    "libxcb-icccm.so.4": "libxcb-icccm4",
    "libxcb-image.so.0": "libxcb-image0",
    "libxcb-keysyms.so.1": "libxcb-keysyms1",
    "libxcb-randr.so.0": "libxcb-randr0",
    "libxcb-render-util.so.0": "libxcb-render-util0",
    "libxcb-shape.so.0": "libxcb-shape0",
    "libxcb-xkb.so.1": "libxcb-xkb1",
}


def say(text: str) -> None:
    """Tell what is being done, on standard error, so that ``--json`` output stays clean."""
    print(f"genplay set-up: {text}", file=sys.stderr, flush=True)


def stop(text: str) -> None:
    """End with one clear line."""
    say(text)
    raise SystemExit(1)


def fitting(version: tuple[int, int]) -> bool:
    return OLDEST <= version <= NEWEST


def find_python() -> str:
    """The running Python if it fits, else the first fitting one on the path."""
    if fitting(sys.version_info[:2]):
        return sys.executable
    for minor in (11, 12, 13, 14):
        path = shutil.which(f"python3.{minor}")
        if path and subprocess.run([path, "-c", ""], check=False).returncode == 0:
            return path
    found = ".".join(map(str, sys.version_info[:2]))
    stop(
        f"Python 3.{OLDEST[1]} to 3.{NEWEST[1]} is needed, this one is {found}. Install Python 3.11 and try again."
    )
    raise AssertionError


def is_root() -> bool:
    return hasattr(os, "geteuid") and os.geteuid() == 0


def apt_install(packages: list[str], why: str, *, needed: bool) -> bool:
    """Install Debian packages as root; otherwise print the one command that does it."""
    command = ["apt-get", "install", "-y", "--no-install-recommends", *packages]
    if not shutil.which("apt-get"):
        say(f"{why} is missing. Install what your system calls: {' '.join(packages)}")
        return False
    if not is_root():
        say(f"{why} is missing. Please run:  sudo {' '.join(command)}")
        return False
    say(f"installing {why}: {' '.join(packages)}")
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.PIPE, "text": True}
    env = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    done = subprocess.run(command, env=env, check=False, **quiet)
    if done.returncode != 0:
        subprocess.run(["apt-get", "update"], env=env, check=False, **quiet)
        done = subprocess.run(command, env=env, check=False, **quiet)
    if done.returncode != 0:
        problem = (done.stderr or "").strip().splitlines()[-1:] or ["no reason given"]
        text = f"{why} could not be installed ({problem[0]}). By hand: {' '.join(command)}"
        if needed:
            stop(text)
        say(text)
    return done.returncode == 0


def add_system_libraries() -> None:
    """Qt's wheel brings Qt, but not the libraries of the X server, OpenGL and fonts."""
    if not sys.platform.startswith("linux"):
        return
    missing = []
    for library, package in QT_LIBRARIES.items():
        try:
            ctypes.CDLL(library)
        except OSError:
            missing.append(package)
    if missing:
        apt_install(missing, "libraries that Qt needs", needed=False)


def add_virtual_screen() -> None:
    """The end-to-end tests drive a real window under Xvfb; where it cannot be had they are skipped and say so."""
    if sys.platform.startswith("linux") and not shutil.which("Xvfb"):
        apt_install(["xvfb", "xauth"], "a virtual screen for the tests", needed=False)


def venv_python() -> Path:
    return VENV / ("Scripts/python.exe" if WINDOWS else "bin/python")


def fingerprint() -> str:
    """Changes when the packages have to be installed again; an environment that works is kept, whoever calls."""
    parts = [str(ROOT).encode()]
    parts += [p.read_bytes() for p in (ROOT / "pyproject.toml", CONSTRAINTS)]
    return hashlib.sha256(b"\0".join(parts)).hexdigest()


def prepare() -> None:
    """Make .venv and install what the project pins, unless that has been done already."""
    mark = fingerprint()
    if STAMP.exists() and STAMP.read_text() == mark and venv_python().exists():
        return
    python = find_python()
    if subprocess.run([python, "-c", "import ensurepip"], check=False, stderr=subprocess.DEVNULL).returncode:
        version = subprocess.run(
            [python, "-c", "import sys; print('%d.%d' % sys.version_info[:2])"],
            capture_output=True,
            text=True,
            check=True,
        ).stdout.strip()
        apt_install([f"python{version}-venv"], "Python's venv module", needed=True)
    if not venv_python().exists():
        say("making the virtual environment .venv")
        made = subprocess.run([python, "-m", "venv", "--clear", str(VENV)], check=False)
        if made.returncode != 0:
            stop("the virtual environment could not be made; the lines above say why")
    say("installing genplay and what it needs (a few minutes the first time)")
    pip = [str(venv_python()), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    # Two calls: with torch already there in the pinned version, nothing in the second can pull another build of it.
    for what in (["torch"], ["--editable", f"{ROOT}[dev]"]):
        if subprocess.run([*pip, "--constraint", str(CONSTRAINTS), *what], check=False).returncode != 0:
            stop("pip could not install everything; the lines above say what. Is there a network connection?")
    add_system_libraries()
    STAMP.write_text(mark)
    say("done")


def has_display() -> bool:
    if not sys.platform.startswith("linux"):
        return True
    return bool(
        os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY") or os.environ.get("QT_QPA_PLATFORM")
    )


def replace_by(command: list[str]) -> None:
    """Hand over to the program: the same process where the system can do that."""
    if WINDOWS:
        raise SystemExit(subprocess.run(command, check=False).returncode)
    os.execv(command[0], command)


def run(arguments: list[str]) -> None:
    """Start the program; without a display, run the first experiment and leave its picture."""
    prepare()
    wants_window = not arguments or arguments[0] == "gui"
    if wants_window and not has_display():
        os.environ["QT_QPA_PLATFORM"] = "offscreen"
        say("there is no display here, so the window is drawn in memory")
        if not arguments:
            picture = Path.cwd() / "genplay-first-run.png"
            say(f"training a model on two moons for ten seconds; the picture will be {picture}")
            script = ROOT / "resources" / "scripts" / "first-run.jsonl"
            arguments = ["gui", "--script", str(script), "--screenshot", str(picture), "--size", "1440x900"]
    replace_by([str(venv_python()), "-m", "genplay", *arguments])


def test(arguments: list[str]) -> None:
    """Style, types, the core's tests with Qt hidden, then the window's tests; with arguments, just pytest."""
    prepare()
    add_virtual_screen()
    python = str(venv_python())
    pytest = [python, "-m", "pytest"]
    if arguments:
        replace_by([*pytest, *arguments])
    window = ["tests/ui", "tests/e2e/test_tour.py"]
    hidden = [f"--ignore={place}" for place in window]
    # No test waits for another. The window's are dealt out by file: those of one share what is dear to make.
    # A process that dies is not replaced: pytest-xdist then waits for ever for files that were dealt to it.
    together = ["-n", str(min(4, os.cpu_count() or 1)), "--max-worker-restart=0"]
    steps = [
        ("style", [python, "-m", "ruff", "check"]),
        ("format", [python, "-m", "ruff", "format", "--check"]),
        ("types", [python, "-m", "mypy"]),
        (
            "the core, with Qt hidden",
            [*pytest, *together, "-p", "no:pytest-qt", "--without-qt", *hidden, "tests"],
        ),
        ("the window", [*pytest, *together, "--dist", "loadfile", *window]),
    ]
    failed = []
    for name, command in steps:
        say(f"checking {name}")
        try:
            done = subprocess.run(command, cwd=ROOT, check=False, timeout=LONGEST)
        except subprocess.TimeoutExpired:
            say(f"{name}: stopped after {LONGEST / 60:.0f} minutes")
            failed.append(name)
            continue
        if done.returncode != 0:
            failed.append(name)
    if failed:
        stop(f"failed: {', '.join(failed)}")
    say("all checks passed")


def main() -> None:
    if len(sys.argv) < 2 or sys.argv[1] not in ("run", "test"):
        print(USAGE, file=sys.stderr)
        raise SystemExit(0 if sys.argv[1:] in (["-h"], ["--help"]) else 2)
    {"run": run, "test": test}[sys.argv[1]](sys.argv[2:])


if __name__ == "__main__":
    main()
