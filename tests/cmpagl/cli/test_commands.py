"""The command line: refuses in one sentence with exit code 2, suggests, and answers at once."""

import argparse
import subprocess
import sys
import types
from pathlib import Path

import pytest

from cmpagl import __main__, __version__
from cmpagl.__main__ import main
from cmpagl.cli import commands
from cmpagl.cli.arguments import duration, one_of, positive_int, seed_int, suggest
from cmpagl.cli.commands import COMMANDS, parse
from cmpagl.cli.paths import default_checkpoint
from cmpagl.errors import CheckpointError, UsageError

COMPLETE = {
    "train": ["--config", "run.json", "--data", "scenes", "--out", "run"],
    "evaluate": ["--data", "scenes"],
    "index": ["--data", "scenes", "--out", "index"],
    "search": ["--index", "scenes", "a harbor with white boats"],
    "judge": ["--queries", "run.json", "--index", "scenes"],
    "convert": ["run.json", "converted"],
    "import": ["--vectors", "run.json", "--out", "index"],
    "bank": ["--checkpoint", "scenes"],
    "draw": ["--count", "8", "--seed", "3", "--out", "drawn"],
    "diagnose": [],
}
"""The least that each command accepts."""


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A working folder with a data folder, a configuration and a picture's name in it."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "scenes").mkdir()
    (tmp_path / "run.json").write_text("{}")
    return tmp_path


def run_instead(monkeypatch, program):
    """Put ``program`` where the command's own would be loaded."""
    monkeypatch.setattr(__main__, "load_program", lambda name: program)


def refusal(capsys, argv):
    """Run a command line that must be refused, and give its one sentence."""
    assert main(argv) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err.endswith("\n")
    assert err.count("\n") == 1, f"more than one line: {err}"
    assert "Traceback" not in err
    return err


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("trian", "unknown command 'trian', did you mean 'train'?"),
        ("xyzzy", "unknown command 'xyzzy' (see"),
        ("--vresion", "the following arguments are required: COMMAND"),
        ("train", "the following arguments are required: --config, --data, --out"),
        ("search --index scenes --tpo=3 word", "'--tpo', did you mean '--top'?"),
        ("search --index scenes --to 3 word", "unknown option '--to', did you mean '--top'?"),
        ("search --index scenes", "one of the arguments TEXT --image is required"),
        ("search --index scenes word --image run.json", "not allowed with argument"),
        ("search --index scenes two words", "unknown extra argument 'words'"),
        ("search --index nowhere word", "--index: the folder 'nowhere' does not exist"),
        ("search --index run.json word", "the folder 'run.json' is a file, not a folder"),
        ("search --index scenes --image scenes", "the file 'scenes' is a folder, not a file"),
        ("search --index scenes --top 0 word", "--top: '0' is not a whole number from 1 up"),
        (f"search --index scenes --top {'9' * 5000} word", "is not a whole number from 1 up"),
        (f"draw --count 2 --seed {'9' * 5000} --out x", "is not a whole number from 0 to"),
        ("search --index scenes --csv scenes word", "--csv: 'scenes' is a folder; name the file"),
        ("evaluate --data scenes --json run.json/x", "'run.json/x' cannot be written (/"),
        ("evaluate --data scenes --json /proc/x", "'/proc/x' cannot be written (/proc:"),
        ("train --config run.json --data scenes --out run.json", "'run.json' is no folder"),
        ("train --config run.json --data scenes --out x --threads 99999", "threads, 1 to 1024"),
        ("draw --count 2 --seed 3 --out run.json/x", "'run.json/x' cannot be written (/"),
        ("bank --checkpoint scenes --out /proc/x", "'/proc/x' cannot be written (/proc:"),
        ("search --index scenes --top", "argument --top: expected one argument"),
        ("evaluate --data scenes --split val --on-error skp", "raise, skip, did you mean 'skip'?"),
        ("draw --count 2 --seed -1 --out x", "--seed"),
        ("draw --count 2 --seed 1 --out x --format png", "'png' is not one of webp, jpg"),
        (
            "train --config run.json --data scenes --out x --time-budget 90",
            "'90' is not a time above zero such as 90m or 1h30m",
        ),
    ],
)
def test_a_wrong_line_is_refused_in_one_sentence(folder, capsys, line, says):
    """What is wrong, with its value, and the nearest right word where there is one."""
    assert says in refusal(capsys, line.split())


def test_the_sentence_names_the_help_of_its_command(folder, capsys):
    assert refusal(capsys, ["draw"]).rstrip().endswith("draw --help')")


@pytest.mark.parametrize("name", COMMANDS)
def test_the_least_line_is_accepted(folder, name):
    """The required flags of each command are those of the table above, no more."""
    args = parse([name, *COMPLETE[name]])
    assert args.command == name


@pytest.mark.parametrize("name", COMMANDS)
def test_help_is_complete(capsys, name):
    """Every flag of a command has a sentence that tells what leaving it out means."""
    assert main([name, "--help"]) == 0
    out = capsys.readouterr().out
    _, parsers = commands.build_parser()
    for action in parsers[name]._actions:
        assert action.help, f"{name} {action.dest} has no help"
        assert all(flag in out for flag in action.option_strings)
        if action.option_strings and not action.required and action.dest != "help":
            one_of_a_group = name == "search" and action.dest == "image"
            assert one_of_a_group or "default" in action.help, f"{name} --{action.dest}"


def test_no_command_prints_the_list_and_fails(capsys):
    assert main([]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert all(name in err for name in COMMANDS)


def test_version(capsys):
    assert main(["--version"]) == 0
    assert capsys.readouterr().out == f"cmpagl {__version__}\n"


@pytest.mark.parametrize("name", COMMANDS)
def test_each_command_has_its_program(name):
    """`cmpagl/NAME.py` defines `run(args)`; found by reading, since importing one takes seconds."""
    source = Path(commands.__file__).with_name(f"{name}.py")
    assert source.is_file(), f"{source.name} is missing"
    assert "\ndef run(args: argparse.Namespace) -> int:" in source.read_text("utf-8")


def test_an_error_of_the_program_is_one_sentence(folder, monkeypatch, capsys):
    """Line breaks inside a message are taken out; the exit code is 2."""

    def program(args):
        raise CheckpointError("no model.safetensors\n  in 'x': give --checkpoint another folder")

    run_instead(monkeypatch, program)
    says = "no model.safetensors in 'x': give --checkpoint another folder\n"
    assert refusal(capsys, ["diagnose"]) == says


def test_an_error_of_the_system_is_one_sentence(folder, monkeypatch, capsys):
    run_instead(monkeypatch, lambda args: Path("scenes").read_text())
    assert refusal(capsys, ["diagnose"]) == "'scenes': Is a directory.\n"


def test_a_missing_package_is_named(folder, monkeypatch, capsys):
    def program(args):
        raise ModuleNotFoundError("No module named 'timm'", name="timm")

    run_instead(monkeypatch, program)
    assert "'timm' is not installed" in refusal(capsys, ["diagnose"])


def test_a_bug_keeps_its_traceback(folder, monkeypatch):
    """What no user can cause is not dressed up as a user's error."""

    def program(args):
        raise ModuleNotFoundError("No module named 'cmpagl.lost'", name="cmpagl.lost")

    run_instead(monkeypatch, program)
    with pytest.raises(ModuleNotFoundError):
        main(["diagnose"])


@pytest.mark.parametrize("name", COMMANDS)
def test_ctrl_c_says_what_is_kept(folder, monkeypatch, capsys, name):
    def program(args):
        raise KeyboardInterrupt

    run_instead(monkeypatch, program)
    assert main([name, *COMPLETE[name]]) == 130
    assert capsys.readouterr().err == COMMANDS[name].when_stopped + "\n"


def test_the_exit_code_is_the_programs(folder, monkeypatch):
    run_instead(monkeypatch, lambda args: 0 if args == seen else 1)
    seen = parse(["search", "--index", "scenes", "word", "--no-smr"], "cmpagl")
    assert main(["search", "--index", "scenes", "word", "--no-smr"]) == 0
    assert main(["search", "--index", "scenes", "other"]) == 1


def test_a_closed_pipe_is_quiet():
    """`... --help | true` ends without a word on stderr."""
    line = f"{sys.executable} -m cmpagl train --help | true; echo ${{PIPESTATUS[0]}}"
    ran = subprocess.run(["bash", "-c", line], capture_output=True, text=True, timeout=60)
    assert ran.stderr == ""
    assert ran.stdout.strip() in ("0", "141")


def test_a_refused_line_as_a_process():
    """Started as people start it: exit code 2, one line on stderr, nothing on stdout."""
    line = [sys.executable, "-m", "cmpagl", "evaluate", "--data", "nowhere", "--split", "val"]
    ran = subprocess.run(line, capture_output=True, text=True, timeout=60)
    assert (ran.returncode, ran.stdout, ran.stderr.count("\n")) == (2, "", 1)
    assert "'nowhere' does not exist" in ran.stderr


def test_the_checkpoint_defaults_to_the_shipped_one(monkeypatch, repository):
    """One default for all; the environment variable changes it, a flag wins over both."""
    assert parse(["diagnose"]).checkpoint == repository / "checkpoints" / "cmpagl-small"
    monkeypatch.setenv("CMPAGL_CHECKPOINT", "mine")
    assert parse(["diagnose"]).checkpoint == default_checkpoint() == Path("mine")
    assert parse(["diagnose", "--checkpoint", "given"]).checkpoint == Path("given")


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("90m", 5400.0), ("1h30m", 5400.0), ("45s", 45.0), ("1.5h", 5400.0), ("2h0m1s", 7201.0)],
)
def test_durations(text, seconds):
    assert duration(text) == seconds


@pytest.mark.parametrize("text", ["", "90", "m", "0s", "-5m", "1m2h", "1.2.3s", "nan", "5 m"])
def test_what_is_no_duration(text):
    with pytest.raises(argparse.ArgumentTypeError, match="is not a time above zero"):
        duration(text)


@pytest.mark.parametrize("text", ["0", "-1", "1.0", "", "ten", "1e3"])
def test_what_is_no_positive_int(text):
    with pytest.raises(argparse.ArgumentTypeError):
        positive_int(text)


def test_seeds_reach_from_zero_to_32_bits():
    assert seed_int("0") == 0
    assert seed_int(str(2**32 - 1)) == 2**32 - 1
    with pytest.raises(argparse.ArgumentTypeError):
        seed_int(str(2**32))


def test_one_of_suggests():
    assert one_of("cpu", "cuda")("cpu") == "cpu"
    with pytest.raises(argparse.ArgumentTypeError, match="did you mean 'cuda'"):
        one_of("cpu", "cuda")("cuad")
    assert suggest("qqq", ["cpu"]) == ""


def test_data_may_be_given_several_times(folder):
    args = parse(["train", *COMPLETE["train"], "--data", "."])
    assert args.data == [Path("scenes"), Path(".")]


def test_unknown_flags_raise_for_callers(folder):
    """`parse` raises rather than exits, so that a program can use it."""
    with pytest.raises(UsageError, match="--sede"):
        parse(["draw", *COMPLETE["draw"], "--sede", "1"])


def test_load_program_imports_when_asked(monkeypatch):
    """Exactly the module of that name, and its `run`."""
    module = types.ModuleType("cmpagl.cli.draw")
    module.run = lambda args: 7
    monkeypatch.setitem(sys.modules, "cmpagl.cli.draw", module)
    assert commands.load_program("draw") is module.run


def test_two_files_of_one_name(folder, capsys, monkeypatch):
    """The second would overwrite the first, after the work; a device takes both."""
    monkeypatch.chdir(folder)
    line = ["search", "--index", ".", "planes", "--csv", "out.csv", "--geojson"]
    assert main([*line, "./out.csv"]) == 2
    assert "--geojson and --csv name the same file 'out.csv'" in capsys.readouterr().err
    assert parse([*line[:-2], "/dev/null", "--geojson", "/dev/null"]).csv == Path("/dev/null")
