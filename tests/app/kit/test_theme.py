"""What Search's scripts are given: words, figures and numbers from answers; and the colours."""

import re

import pytest
from contrast import contrast

from app.explorer.scenes import Scene
from app.kit.theme import DARK, LIGHT, style_sheet
from app.query.request import SearchRequest
from app.search.columns import Card, Column
from app.search.explain import Detail, Rival
from app.search.form import form
from app.search.service import Answer, Note
from app.search.view import ranking
from app.search.why import detail
from app.words.search import EXAMPLES
from cmpagl.rank.stage import ALIGNED, FINAL
from cmpagl.search.ranking import Move, SceneExplanation

POND = Scene(0, "a/pond_1.webp", "pond_1", "pond", ("a round pond",), "t/0", "p/0")
PIER = Scene(1, "pier_2.webp", "pier_2", None, (), "t/1", "p/1")


def card(scene, rank, move=None, truth=False):
    return Card(scene.number, scene.image_id, scene, "", rank, 0.25, move, truth)


def answered(**changes):
    columns = {
        "before": Column(ALIGNED, (card(POND, 1), card(PIER, 2))),
        "after": Column(
            FINAL,
            (card(PIER, 1, Move(1, 2, 1, "up"), True), card(POND, 2, Move(0, 1, 2, "down"))),
        ),
    }
    values = {"request": SearchRequest(text="a pier"), "words": ("a", "pier"), "columns": columns}
    return Answer(**{**values, **changes})


def terms(score, extreme):
    return SceneExplanation(
        item=0,
        rank_before=2,
        rank_after=1,
        score=score,
        final=score + extreme,
        smr=None,
        match_logit=None,
        match_standardised=None,
        beta=0.0,
        steps={"score": score, "soft_extreme": extreme},
    )


def test_a_move_is_a_sign_and_words():
    after = ranking(answered())["columns"][1]["cards"]
    assert after[0]["move"] == {"kind": "up", "sign": "▲", "text": "up 1"}
    assert after[1]["move"]["text"] == "down 1"


@pytest.mark.parametrize(
    ("kind", "text"), [("new", "new, was 9"), ("dropped", "dropped out, now 3")]
)
def test_what_came_and_what_left(kind, text):
    columns = {"after": Column(FINAL, (card(PIER, 3, Move(1, 9, 3, kind)),))}
    assert ranking(answered(columns=columns))["columns"][0]["cards"][0]["move"]["text"] == text


def test_a_card_is_spoken_whole():
    """Rank, what it shows, move, class and truth, for who does not see the card."""
    spoken = ranking(answered())["columns"][1]["cards"][0]["spoken"]
    assert spoken == "Rank 1, pier_2, up 1, true scene"


def test_names_with_braces_are_no_templates():
    odd = Scene(0, "{0.__class__}.png", "{0.__class__}", "{x}", (), "t/0", "p/0")
    shown = ranking(answered(columns={"after": Column(FINAL, (card(odd, 1),))}))
    assert "{0.__class__}" in shown["columns"][0]["cards"][0]["spoken"]
    found = Detail(odd, "", None, 1, 1, None, Rival("{title}", 2, 2, None), None)
    assert detail(found)["scene"]["title"] == "{0.__class__}"


def test_summary_counts_the_moves():
    assert ranking(answered())["summary"] == "2 results: 1 moved up, 1 moved down, 0 new."


def test_the_start_invites_and_a_search_does_not():
    assert form(Answer(SearchRequest()))["examples"] == list(EXAMPLES)
    assert form(Answer(SearchRequest()))["options"] is None
    assert form(answered())["examples"] == []


def test_a_weight_is_for_words_with_a_picture():
    assert form(answered())["weight"] is None
    mixed = answered(request=SearchRequest(text="a pier", like="pond_1.webp"))
    assert form(mixed)["weight"]["value"] == 0.5


def test_notes_keep_their_text():
    note = Note("warn", "<b>{x}</b>")
    assert form(answered(notes=(note,)))["notes"] == [{"kind": "warn", "text": "<b>{x}</b>"}]


def test_waterfall_starts_where_the_step_before_ended():
    rival = Rival("pond_1", 1, 2, terms(0.5, -0.4))
    shown = detail(Detail(PIER, "", None, 2, 1, terms(0.4, -0.1), rival, (1, 3)))["why"]
    own, beside = shown["chart"]["figure"]["data"]
    ends = [base + x for base, x in zip(own["base"], own["x"], strict=True)]
    assert own["y"] == beside["y"] == ["Similarity", "Matches every query", "Total"]
    assert (own["x"][0], beside["x"][0]) == (0.4, 0.5)
    assert own["base"][1] == ends[0]
    assert ends[1] == pytest.approx(ends[2])
    assert (own["text"][2], beside["text"][2]) == ("0.300", "0.100")
    assert shown["headline"] == "Up 1, from rank 2 to 1"
    assert shown["sentences"][0] == "It overtook “pond_1”, which went from 1 to 2."
    assert "between 1 and 3" in shown["sentences"][1]


@pytest.mark.parametrize("colours", [LIGHT, DARK], ids=["light", "dark"])
def test_contrast_of_text_and_of_marks(colours):
    """WCAG: text 4.5:1 on what it lies on, borders of controls and marks 3:1."""
    for ground in ("ground", "panel"):
        for ink in ("ink", "quiet", "accent", "up", "down", "new", "before"):
            assert contrast(colours[ink], colours[ground]) >= 4.5, (ink, ground)
        assert contrast(colours["edge"], colours[ground]) >= 3, ground
    for ink in ("up", "down", "new", "warn"):
        assert contrast(colours[ink], colours[f"{ink}-soft"]) >= 4.5, ink
    assert contrast(colours["on-accent"], colours["accent"]) >= 4.5


def test_a_rule_for_a_size_or_for_paper_reaches_what_it_names():
    """Gradio puts an @media rule within its main part; what lies beyond needs a nested one."""
    sheet = re.sub(r"/\*.*?\*/", "", style_sheet(), flags=re.S)
    blocks = re.findall(r"^@media[^{]*\{(.*?)^\}", sheet, flags=re.M | re.S)
    beyond = re.compile(
        r"(?:^|[,}\s])(?::root|html|body|gradio-app|dialog|\.dark|\.gradio-container)\b[^{};]*\{"
    )
    assert len(blocks) > 5
    assert [found[0] for block in blocks if (found := beyond.search(block))] == []


def test_both_schemes_name_the_same_colours():
    assert LIGHT.keys() == DARK.keys()
    assert "--accent" in style_sheet()
