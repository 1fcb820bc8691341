"""The pages keep what they promise: their code runs, and what they point to is there."""

from __future__ import annotations

import ast
import io
import re
import tokenize
from functools import cache
from pathlib import Path

import pytest

from handpick.command import main
from motion.skills.table import PLANNERS

ROOT = Path(__file__).parents[1]
ROOMS = ("perception", "grasping", "motion", "handpick", "sim", "ros_nodes", "training")
PAGES = sorted(path for path in (ROOT / "docs").rglob("*.md"))
CODE = [page for page in PAGES if "```python" in page.read_text()]


def name(page: Path) -> str:
    return str(page.relative_to(ROOT))


@pytest.mark.parametrize("page", CODE, ids=name)
def test_the_code_of_a_page_runs(page: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    text, names = page.read_text(), dict[str, object]({"__name__": page.stem, "EXAMPLES": str(ROOT / "examples")})
    for block in re.finditer(r"```python\n(.*?)```", text, re.S):
        lines = "\n" * text[: block.start(1)].count("\n")  # so that a failure names the page's line
        exec(compile(lines + block[1], str(page), "exec", dont_inherit=True), names)


@pytest.mark.parametrize("page", [ROOT / "README.md", *PAGES], ids=name)
def test_links_lead_somewhere(page: Path) -> None:
    targets = re.findall(r"\]\(([^)#]+)(?:#[^)]*)?\)", page.read_text())
    assert [t for t in targets if "://" not in t and not (page.parent / t).exists()] == []


def test_ros_and_python_packages_have_one_version() -> None:
    versions = [
        re.search(pattern, (ROOT / name).read_text(), re.M)
        for name, pattern in (("setup.cfg", r"^version = (.+)$"), ("package.xml", r"<version>(.+)</version>"))
    ]
    assert versions[0] and versions[1] and versions[0][1] == versions[1][1]


def test_the_files_that_the_architecture_names_exist_and_no_folder_is_left_out() -> None:
    text = (ROOT / "docs" / "architecture.md").read_text()
    sections = re.findall(r"^### (\w+)/: .*?\n(.*?)(?=^#|\Z)", text, re.S | re.M)
    assert {room for room, _ in sections} == {room for room in ROOMS if folders(room)}
    for room, rows in sections:
        named = [entry for row in re.findall(r"^\| (.+?) \|", rows, re.M) for entry in re.findall(r"`(.+?)`", row)]
        assert [entry for entry in named if not (ROOT / room / entry).exists()] == []
        assert {entry.rstrip("/") for entry in named if entry.endswith("/")} == folders(room)


def test_the_readme_names_the_folders_of_every_room() -> None:
    rows = re.findall(r"^\| `(\w+)/` \|.*\| (.*) \|$", (ROOT / "README.md").read_text(), re.M)
    told = {room: set(re.findall(r"`(\w+)/`", named)) for room, named in rows}
    assert told == {room: folders(room) for room in ROOMS if folders(room)}


@pytest.mark.parametrize(
    "command",
    ["sim", "plan", "replay", "compare", "view", "film", "calibrate", "identify", "generate", "train", "export"],
)
def test_the_readme_tells_every_option(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main([command, "--help"])
    offered = set(re.findall(r"--[a-z]+", capsys.readouterr().out)) - {"--help"}
    usage = re.search(rf"^    handpick {command} ((?:.*\n)(?:     .*\n)*)", (ROOT / "README.md").read_text(), re.M)
    assert usage and set(re.findall(r"--[a-z]+", usage[1])) == offered


def exists(folder: str) -> bool:
    """Whether a folder is there, or in a room."""
    return any((ROOT / room / folder).is_dir() for room in ("", *ROOMS))


def folders(room: str) -> set[str]:
    """The packages right inside a room."""
    return {path.parent.name for path in (ROOT / room).glob("*/__init__.py")}


def test_the_table_of_skills_is_whole() -> None:
    text = (ROOT / "docs" / "architecture.md").read_text()
    rows = re.findall(r"^\| `([A-Z]\w+)` \|.*\| `(.+?)` \|$", text, re.M)
    assert {skill for skill, _ in rows} == {skill.__name__ for skill in PLANNERS}
    for skill, path in rows:
        assert f"class {skill}Planner" in (ROOT / path).read_text()


def prose(source: str) -> str:
    """The docstrings and comments of a module."""
    tree = ast.parse(source)
    documented = (ast.Module, ast.ClassDef, ast.FunctionDef)
    parts = [ast.get_docstring(node) or "" for node in ast.walk(tree) if isinstance(node, documented)]
    parts += [t.string for t in tokenize.generate_tokens(io.StringIO(source).readline) if t.type == tokenize.COMMENT]
    return "\n".join(parts)


def stale(text: str, beside: Path = ROOT) -> list[str]:
    """Names of modules, of what is in them, and of files, that a text tells and that are not there."""
    rooms = "|".join([*ROOMS, "benchmarks", "tests"])
    names = re.findall(rf"(?<![\w./])((?:{rooms})(?:\.[A-Za-z_]\w*)+)", text)
    paths = re.findall(r"(?<![\w./])((?:\w+/)+\w+\.(?:py|md))\b", text)
    gone = [found for found in names if not resolves(found)]
    return gone + [found for found in paths if not any((at / found).exists() for at in (ROOT, beside))]


@cache
def resolves(dotted_name: str) -> bool:
    """Whether a dotted name is a module, or something that one defines."""
    at, rest = ROOT, dotted_name.split(".")
    while rest and (at / rest[0]).is_dir():
        at, rest = at / rest[0], rest[1:]
    if rest and (at / f"{rest[0]}.py").is_file():
        at, rest = at / f"{rest[0]}.py", rest[1:]
    file = at / "__init__.py" if at.is_dir() and rest else at
    body = ast.parse(file.read_text()).body if file.is_file() else []
    while rest:
        found = [node for node in body if rest[0] in defined(node)]
        if not found:
            return False
        body, rest = getattr(found[0], "body", []), rest[1:]
    return True


def defined(node: ast.stmt) -> set[str]:
    """The names that a statement of a module or a class defines, or of a package that it offers for type checkers."""
    if isinstance(node, (ast.ClassDef, ast.FunctionDef)):
        return {node.name}
    if isinstance(node, ast.If):
        return {alias.asname for inner in node.body if isinstance(inner, ast.ImportFrom) for alias in inner.names}  # type: ignore[misc]
    targets = node.targets if isinstance(node, ast.Assign) else [node.target] if isinstance(node, ast.AnnAssign) else []
    return {target.id for target in targets if isinstance(target, ast.Name)}


@pytest.mark.parametrize("room", [*ROOMS, "benchmarks"])
def test_what_docstrings_and_comments_name_exists(room: str) -> None:
    found = {name(path): stale(prose(path.read_text())) for path in (ROOT / room).rglob("*.py")}
    assert {path: names for path, names in found.items() if names} == {}


@pytest.mark.parametrize("room", [*ROOMS, "benchmarks", "tests"])
def test_modules_that_are_imported_exist(room: str) -> None:
    """Benchmarks that no test imports, too."""
    for path in (ROOT / room).rglob("*.py"):
        nodes = list(ast.walk(ast.parse(path.read_text())))
        names = [node.module or "" for node in nodes if isinstance(node, ast.ImportFrom)]
        names += [alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names]
        own = [found for found in names if found.split(".")[0] in (*ROOMS, "benchmarks", "tests")]
        assert [found for found in own if not resolves(found)] == [], path


@pytest.mark.parametrize("page", [ROOT / "README.md", *PAGES], ids=name)
def test_what_a_page_names_exists(page: Path) -> None:
    to_add = re.compile("settle")  # by the page's own example
    assert [found for found in stale(page.read_text(), page.parent) if not to_add.search(found)] == []
    assert [folder for folder in re.findall(r"`(\w+/)`", page.read_text()) if not exists(folder)] == []


def test_names_that_are_gone_are_told() -> None:
    source = '"""See `motion.plan.Plan.carry`, motion.plan.Gone and sim/a.py."""\nx = 1  # by grasping.gone\n'
    assert stale(prose(source)) == ["motion.plan.Gone", "grasping.gone", "sim/a.py"]
    assert resolves("grasping.skills") and resolves("grasping.skill.Skill.name")
    assert not resolves("motion.plan.Plan.gone")
