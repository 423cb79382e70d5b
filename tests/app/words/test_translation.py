"""The page in another language: one folder, checked when the page starts, and nothing left over."""

import importlib
import json
import re
import shutil
from pathlib import Path
from types import SimpleNamespace

import pytest
from browser import running_app, visit, watched_tab
from playwright.sync_api import expect

from app.words import translation
from app.words.search import EXAMPLES
from cmpagl.collections.collections import Collections
from cmpagl.errors import ConfigError

WORDS = Path(__file__).resolve().parents[3] / "app" / "words"
TRANSLATED = re.compile(r'translated\("(\w+)\.(\w+)"')
LANGUAGE = "qps"  # one of those that are left to private use
ACCENTED = str.maketrans("aeiouyAEIOUYcdnrstlzCDNRSTLZ", "áéíóúýÁÉÍÓÚÝčďňřšťĺžČĎŇŘŠŤĹŽ")
LATIN = re.compile(r"[A-Za-z]*[aeiouyAEIOUYcdnrstlz][A-Za-z]*")


def pseudo(words):
    """Every letter that can have an accent gets one; fields stay."""
    if isinstance(words, dict):
        return {key: pseudo(value) for key, value in words.items()}
    if isinstance(words, list | tuple):
        return [pseudo(value) for value in words]
    parts = re.split(r"(\{[^}]*\})", words)
    return "".join(part if part.startswith("{") else part.translate(ACCENTED) for part in parts)


def write_language(folder):
    """The whole second language: a file a module."""
    folder.mkdir()
    for path in WORDS.glob("*.py"):
        names = [name for module, name in TRANSLATED.findall(path.read_text("utf-8"))]
        if names:
            english = importlib.import_module(f"app.words.{path.stem}")
            content = {name: pseudo(translation.as_json(getattr(english, name))) for name in names}
            (folder / f"{path.stem}.json").write_text(json.dumps(content), "utf-8")


@pytest.fixture
def language(tmp_path, monkeypatch):
    """A folder of words, as if it were `app/words`, with a second language in it."""
    write_language(tmp_path / LANGUAGE)
    monkeypatch.setattr(translation, "WORDS", tmp_path)
    monkeypatch.setattr(translation, "LANGUAGE", LANGUAGE)
    translation._read.cache_clear()
    yield tmp_path / LANGUAGE
    translation._read.cache_clear()


def test_all_words_can_be_translated():
    """Each module's sentences, by its own name, pass through `translated`: none is left English."""
    for path in WORDS.glob("*.py"):
        text = path.read_text("utf-8")
        found = TRANSLATED.findall(text)
        assert {module for module, _ in found} <= {path.stem}
        made = re.findall(r'^[A-Z]+ = translated\("\w+\.\w+", (\w+)\(\)\)$', text, re.M)
        assert set(re.findall(r"^class (\w+)\(Words\):$", text, re.M)) == set(made), path.name


def test_no_sentence_is_cut(language):
    """None begins or ends with a blank, as half of one would."""
    for path in language.glob("*.json"):
        for text in re.findall(r'"((?:[^"\\]|\\.)*)"', path.read_text("utf-8")):
            assert text == text.strip(), path.name


def test_words_come_from_the_folder(language):
    """Text, lists and dicts, each in its place."""
    english = SimpleNamespace(hello="Good day {name}", list=["one", "two"])
    content = {"SEARCH": {"hello": "Guten Tag {name}", "list": ["eins", "zwei"]}}
    (language / "search.json").write_text(json.dumps(content), "utf-8")
    assert vars(translation.translated("search.SEARCH", english)) == content["SEARCH"]


def test_a_language_has_its_own_plurals(language):
    """English has two forms, Czech has four."""
    english = SimpleNamespace(n={"one": "{n} scene", "other": "{n} scenes"})
    forms = {"one": "{n} scéna", "few": "{n} scény", "many": "{n} scény", "other": "{n} scén"}
    (language / "search.json").write_text(json.dumps({"SEARCH": {"n": forms}}), "utf-8")
    assert translation.translated("search.SEARCH", english).n == forms


@pytest.mark.parametrize(
    ("other", "said"),
    [
        ({}, "'a' is missing"),
        ({"a": "x {n}", "b": ["y"], "c": "z"}, "'c' is not in the English words"),
        ({"a": "x", "b": ["y"]}, "must be a text with {n:,}"),
        ({"a": "x {n}", "b": ["y"]}, "must be a text with {n:,}"),
        ({"a": "x {n:,} {m}", "b": ["y"]}, "must be a text with {n:,}"),
        ({"a": "x {n:,", "b": ["y"]}, "must be a text with {n:,}"),
        ({"a": 3, "b": ["y"]}, "must be a text"),
        ({"a": "x {n:,}", "b": []}, "must be a list of 1"),
        ([], "'a' is missing"),
    ],
)
def test_words_that_do_not_fit_are_refused_by_name(language, other, said):
    """One sentence with the file and the key, before anybody sees a page with a hole."""
    (language / "search.json").write_text(json.dumps({"SEARCH": other}), "utf-8")
    with pytest.raises(ConfigError, match=r"search\.json") as refusal:
        translation.translated("search.SEARCH", SimpleNamespace(a="x {n:,}", b=["y"]))
    assert said in str(refusal.value)


@pytest.mark.parametrize("name", ["xx", "..", "../search", "q" * 500, "kit"])
def test_an_unknown_language_is_refused(language, monkeypatch, name):
    """With the ones that there are."""
    monkeypatch.setattr(translation, "LANGUAGE", name)
    with pytest.raises(ConfigError, match=rf"choose en, {LANGUAGE}\.") as refusal:
        translation.translated("search.SEARCH", SimpleNamespace(a="b"))
    assert len(str(refusal.value)) < 200


@pytest.fixture(scope="module")
def translated_page(gallery_folders, repository, tmp_path_factory):
    """The page of a copy of the checkout that differs by one folder."""
    root = tmp_path_factory.mktemp("translated")
    shutil.copytree(repository / "app", root / "app", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(repository / "app.py", root)
    for name in ("cmpagl", "assets", "checkpoints"):
        (root / name).symlink_to(repository / name)
    write_language(root / "app" / "words" / LANGUAGE)
    index, checkpoint, _ = gallery_folders
    flags = ("--index", index, "--checkpoint", checkpoint)
    with running_app(root / "log.txt", *flags, root=root, language=LANGUAGE) as url:
        yield url


SAID = """() => {
  // Gradio's footer, and the seconds that it counts over what is being filled.
  const NOT_OURS = "footer, script, style, svg.main-svg, [data-testid=status-tracker]";
  const found = [];
  const take = (text) => { if (text && text.trim()) found.push(text); };
  for (const part of document.querySelectorAll("body *")) {
    if (part.closest(NOT_OURS) || !part.checkVisibility()) continue;
    for (const node of part.childNodes) if (node.nodeType === 3) take(node.data);
    for (const name of ["title", "placeholder", "alt", "aria-label"]) take(part.getAttribute(name));
  }
  return found;
}"""


DIALOGS = {"judge": "dialog.judge img, dialog.judge table", "collections": "dialog.drawer"}


@pytest.mark.ui
@pytest.mark.parametrize(
    ("link", "filled"),
    [
        ("", f"text={EXAMPLES[0]}"),
        ("?q=pond&scene=scene_0001.png", ".detail-why"),
        ("?tab=look&scene=scene_0001.png", ".look-title"),
        ("?tab=errors&part=review&fit=0.5", ".errors-tally"),
        ("?tab=space&q=pond", "[data-part=all]"),
        ("?tab=earth", ".note"),
        ("?tab=about", ".about-lead"),
    ],
)
def test_every_visible_word_is_translated(browser, translated_page, gallery_folders, link, filled):
    """What stands on the page and in its dialogs is of the second language, a person's words, the
    data's or the model's.
    """
    index, checkpoint, data = map(Path, gallery_folders)
    theirs = {"pond", "png", "checkpoint", "fake", "scene", "drawn"}
    written = [data / "dataset_fake.json", checkpoint / "README.md"]
    # And queries, which are the model's language; other tests have asked some here.
    kept = Collections(index).read()
    asked = [params.get(name, "") for params in kept.history for name in ("q", "like")]
    asked += [one.name for one in (*kept.searches, *kept.tags)]
    others = " ".join([*(file.read_text("utf-8") for file in written), *EXAMPLES, *asked])
    theirs |= {word.lower() for word in re.findall("[A-Za-z]+", others)}
    with watched_tab(browser, translated_page) as page:
        visit(page, translated_page + link)
        expect(page.locator(".header")).to_contain_text("40")
        expect(page.locator(filled).locator("visible=true").first).to_be_visible()
        said = page.evaluate(SAID)
        for name, shown in DIALOGS.items() if link.startswith("?q=") else ():
            page.evaluate(f"document.dispatchEvent(new CustomEvent('explorer:{name}'))")
            expect(page.locator(shown).first).to_be_visible()
            said += page.evaluate(SAID)
    plain = [re.sub(r"\b[0-9a-f]{8}\b", "", text) for text in said]  # without fingerprints
    left = [
        (word, text) for text in plain for word in LATIN.findall(text) if word.lower() not in theirs
    ]
    assert not left
