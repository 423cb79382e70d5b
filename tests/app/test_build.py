"""The page's frame and its search as a person uses them: by keyboard and pointer, by what shows."""

import re

import pytest
from browser import HOSTILE, HOSTILE_NAME, N_SCENES, serious_violations, visit
from columns import cards, column, names, search
from playwright.sync_api import expect

from app.kit.scripts import script_link

pytestmark = pytest.mark.ui

QUERY = "a white plane on the grass"


def test_first_page_says_what_is_open_and_invites(open_tab):
    """A visitor sees the gallery's size, examples to try, and scenes to start from; a sentence of
    what is open as long as the shipped gallery's is one line.
    """
    page = open_tab(viewport={"width": 1280, "height": 720})
    status = page.get_by_text(f"{N_SCENES} scenes")
    expect(status).to_be_visible()
    high = status.evaluate("""(p) => {
        p.textContent = "drawn: 480 computer-drawn scenes, model cmpagl-small";
        return p.getBoundingClientRect().height;
    }""")
    assert high < 30
    expect(page.get_by_role("heading", name="CMPAGL Explorer")).to_be_visible()
    example = page.get_by_role("button", name="many white planes beside a long terminal")
    example.click()
    expect(cards(page)).to_have_count(12)
    expect(page.get_by_role("searchbox")).to_have_value("many white planes beside a long terminal")


def test_enter_searches_and_shows_both_rankings(open_tab):
    """Twelve results a side, ranked from 1, announced, and a line for each that is in both."""
    page = open_tab()
    search(page, QUERY)
    expect(page.locator("[aria-live=polite]").filter(has_text="12 results")).to_have_count(1)
    for side in ("before", "after"):
        expect(cards(page, side)).to_have_count(12)
        ranks = [int(t) for t in column(page, side).locator(".card-rank").all_inner_texts()]
        assert ranks == sorted(ranks)
        assert ranks[0] == 1
    both = set(names(page, "before")) & set(names(page, "after"))
    assert page.locator("path.bump").count() == len(both)
    gone = set(names(page, "before")) - both
    assert column(page, "before").get_by_text("dropped out").count() == len(gone)
    assert re.search(r"[?&]q=a\+white\+plane", page.url)


def test_every_picture_is_there(open_tab):
    page = open_tab(f"?q={QUERY}")
    expect(cards(page)).to_have_count(12)
    read = "all => Promise.all(all.map((one) => ((one.loading = 'eager'), one.decode())))"
    assert len(page.locator(".card-picture").evaluate_all(read)) == 24  # it fails where one is not


def test_keyboard_alone(open_tab):
    """/ goes to the search, arrows through the results, Enter chooses, Escape lets go."""
    page = open_tab()
    expect(page.get_by_text("Type a search above")).to_be_visible()
    page.keyboard.press("/")
    page.keyboard.type(QUERY)
    page.keyboard.press("Enter")
    expect(cards(page)).to_have_count(12)
    first = cards(page, "before").first
    for _ in range(60):
        page.keyboard.press("Tab")
        if first.evaluate("node => node === document.activeElement"):
            break
    page.keyboard.press("ArrowDown")
    second = cards(page, "before").nth(1)
    expect(second).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Why it moved")).to_be_visible()
    expect(second).to_have_attribute("aria-pressed", "true")
    page.keyboard.press("ArrowRight")
    expect(page.locator(".column[data-side=after] .card:focus")).to_have_count(1)
    page.keyboard.press("Escape")
    expect(page.get_by_role("heading", name="Why it moved")).to_be_hidden()


def test_arrows_go_through_the_scenes_to_start_from(open_tab):
    """One stop of Tab for all; arrows move among them, Enter searches with one."""
    page = open_tab()
    scenes = page.get_by_role("button", name=re.compile("^Find scenes like"))
    expect(scenes).to_have_count(24)
    scenes.first.focus()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowUp")
    page.keyboard.press("ArrowRight")
    expect(scenes.nth(1)).to_be_focused()
    page.keyboard.press("Tab")
    expect(page.locator(".mosaic-scene:focus")).to_have_count(0)
    page.keyboard.press("Shift+Tab")
    expect(scenes.nth(1)).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_text("Scenes like")).to_be_visible()


def test_hover_and_choice_show_in_both_columns(open_tab):
    page = open_tab(f"?q={QUERY}&k=40")
    one = cards(page, "before").first
    name = one.get_attribute("data-id")
    other = page.locator(".column[data-side=after] .card").and_(page.locator(f'[data-id="{name}"]'))
    plain = other.evaluate("node => getComputedStyle(node).backgroundColor")
    one.hover()
    expect(other).not_to_have_css("background-color", plain)
    one.click()
    expect(other).to_have_attribute("aria-pressed", "true")


def test_why_it_moved_has_a_figure_and_its_table(open_tab):
    """Beside the results; the table's figures say what the bars say: similarity, less what all
    like, is the score.
    """
    page = open_tab(f"?q={QUERY}", viewport={"width": 1280, "height": 720})
    expect(cards(page)).to_have_count(12)
    fetched = "performance.getEntriesByType('resource').map((one) => one.name).join()"
    assert "plotly.min.js" not in page.evaluate(fetched)  # it is large, and no figure is shown yet
    cards(page).nth(2).click()
    expect(page.get_by_role("img", name="The parts of the score")).to_be_visible()
    results, detail = (page.locator(name).bounding_box() for name in (".ranking", "aside.detail"))
    assert detail["x"] >= results["x"] + results["width"]
    assert detail["y"] == pytest.approx(results["y"], abs=1)
    expect(page.locator(".waterfall .barlayer path").first).to_be_visible()
    page.get_by_text("As a table").click()
    rows = dict(
        row.inner_text().split("\t")[:2] for row in page.locator(".detail-table tbody tr").all()
    )
    figure = {name: float(text.replace("−", "-")) for name, text in rows.items() if "." in text}
    assert figure["Similarity"] - figure["Match with other queries"] == pytest.approx(
        figure["Score"], abs=0.002
    )


def test_any_two_rankings_stand_side_by_side(open_tab):
    """A column's stage can be chosen; the same stage on both sides moves nothing."""
    page = open_tab(f"?q={QUERY}")
    page.get_by_role("combobox", name="Before").select_option("Aligned + SMR")
    expect(column(page, "after").get_by_text("same place")).to_have_count(12)
    page.get_by_role("combobox", name="After").select_option("CSLS")
    expect(page).to_have_url(re.compile("after=csls"))
    expect(cards(page)).to_have_count(12)


def test_sliders_rerank_and_go_back_to_the_tuned_settings(open_tab):
    page = open_tab(f"?q={QUERY}")
    expect(cards(page)).to_have_count(12)
    bar = column(page, "after").locator(".card-bar").last  # how its score stands to the best
    tuned = bar.get_attribute("style")
    page.get_by_text("Reranking", exact=True).click()
    slider = page.get_by_role("slider", name="alpha")
    slider.focus()
    for _ in range(5):
        page.keyboard.press("ArrowLeft")
    expect(bar).not_to_have_attribute("style", tuned)
    expect(page).to_have_url(re.compile("alpha=0.75"))
    expect(slider).to_be_focused()
    page.get_by_role("button", name="Reset to the tuned settings").click()
    expect(bar).to_have_attribute("style", tuned)
    assert "alpha" not in page.url


def test_a_link_shows_the_same_again(open_tab):
    """Also an old one by fusion, which is off in this model: it says which ranking is the same."""
    page = open_tab(f"?q={QUERY}&k=7&before=fused&after=aligned_smr&form=ratio")
    expect(cards(page)).to_have_count(7)
    expect(page.get_by_role("combobox", name="Before")).to_have_value("aligned")
    expect(page.get_by_text("“Aligned + fusion” is the same as “Aligned”")).to_have_count(1)
    expect(page.get_by_role("searchbox")).to_have_value(QUERY)
    order = names(page, "after")
    again = open_tab(page.url)
    expect(cards(again)).to_have_count(7)
    assert names(again, "after") == order


def test_a_link_stands_against_the_tab_that_gradio_starts_with(open_tab):
    """Gradio tells of its first tab as if it had been chosen, now and then late: repeated here."""
    page = open_tab("?tab=errors&part=review")
    page.add_init_script(
        """addEventListener("DOMContentLoaded", async () => {
            const { choose } = await import(new URL("GO", document.baseURI));
            window.late = setInterval(() => choose("search"), 20);
        });""".replace("GO", script_link("go"))
    )
    page.reload()
    expect(page.get_by_role("region", name="Also right?")).to_be_visible()
    page.evaluate("clearInterval(window.late)")
    expect(page.get_by_role("tab", name="Errors")).to_have_attribute("aria-selected", "true")
    assert "tab=errors" in page.url
    page.get_by_role("tab", name="Search").click()
    expect(page).not_to_have_url(re.compile("tab="))


def test_back_and_forward(open_tab):
    page = open_tab()
    search(page, "a red ship")
    search(page, "a blue pond")
    page.go_back()
    expect(page.get_by_role("searchbox")).to_have_value("a red ship")
    page.go_back()
    expect(page.get_by_text("Type a search above")).to_be_visible()
    page.go_forward()
    expect(page.get_by_role("searchbox")).to_have_value("a red ship")
    expect(cards(page)).to_have_count(12)


def test_copied_link_is_the_address(open_tab):
    page = open_tab(f"?q={QUERY}", permissions=["clipboard-read", "clipboard-write"])
    page.get_by_role("button", name="Copy link").click()
    expect(page.get_by_role("button", name="Link copied")).to_be_visible()
    assert page.evaluate("navigator.clipboard.readText()") == page.url


def test_search_with_a_result_and_its_captions(open_tab):
    """A scene asks for scenes like it, never itself; and for captions, its own marked."""
    page = open_tab(f"?q={QUERY}")
    cards(page).first.click()
    name = cards(page).first.get_attribute("data-id")
    page.get_by_role("button", name="Search with this scene").click()
    expect(page.get_by_text("Scenes like")).to_be_visible()
    expect(cards(page)).to_have_count(12)
    assert name not in names(page, "after")
    page.get_by_label("Find", exact=True).select_option("Captions")
    expect(cards(page).first).to_contain_text(re.compile("[a-z]{3,} "))
    expect(page).to_have_url(re.compile("find=captions"))


def test_own_picture_and_words_with_a_weight(open_tab, gallery_folders):
    """A picture of the gallery finds itself; with words, a slider weighs the two."""
    page = open_tab()
    picture = gallery_folders[2] / "images" / "scene_0007.png"
    with page.expect_file_chooser() as chooser:
        page.get_by_role("button", name="Use a picture").click()
    chooser.value.set_files(picture)
    expect(page.get_by_text("Your picture", exact=True)).to_be_visible()
    expect(cards(page, "before").first).to_have_attribute("data-id", "scene_0007.png")
    search(page, QUERY)
    slider = page.get_by_role("slider", name="Picture or words")
    before = names(page, "after")
    slider.focus()
    page.keyboard.press("End")
    expect(page).to_have_url(re.compile("w=1"))
    page.wait_for_function(
        "before => JSON.stringify([...document.querySelectorAll('.column[data-side=after] .card')]"
        ".map(n => n.dataset.id)) !== JSON.stringify(before)",
        arg=before,
    )


def test_struck_word_is_compared_with_the_whole_query(open_tab):
    page = open_tab(f"?q={QUERY}")
    page.get_by_role("button", name="white", exact=True).click()
    expect(page.get_by_text("With every word")).to_be_visible()
    expect(page.get_by_text("Without white")).to_be_visible()
    page.get_by_role("button", name="white", exact=True).click()
    expect(page.get_by_role("combobox", name="After")).to_be_visible()


def test_known_caption_marks_its_scene(open_tab):
    page = open_tab("?k=40")
    expect(page.get_by_text("A caption from this gallery")).to_be_visible()
    page.locator(".search-examples .chip").last.click()
    expect(page.get_by_text("true scene").first).to_be_visible()


def test_filters_and_their_empty_end(open_tab):
    page = open_tab(f"?q={QUERY}")
    page.get_by_label("Class").select_option("ship")
    expect(cards(page).first).to_contain_text("ship")
    labels = column(page, "after").locator(".card-label").all_inner_texts()
    assert set(labels) == {"ship"}
    visit(page, f"?q={QUERY}&min=1")
    expect(page.get_by_text("No scene is left with this filter")).to_be_visible()
    assert cards(page).count() == 0


def test_typed_markup_stays_text(open_tab):
    """A dialog, an error or a foreign request would fail the tab."""
    page = open_tab()
    text = " ".join(HOSTILE)
    expect(search(page, text)).to_have_value(text)
    for word in text.split():
        expect(page.locator(".search-words")).to_contain_text(word)
    assert page.locator("b, img[src=x]").count() == 0


def test_markup_in_a_link_and_in_the_gallery_stays_text(open_tab):
    """The scene whose name, class and captions are markup, chosen by a link of markup."""
    everywhere = "&".join(
        f"{name}={HOSTILE[2]}" for name in ("class", "k", "before", "form", "drop", "upload", "tab")
    )
    page = open_tab(f"?{everywhere}&q={HOSTILE[0]}")
    expect(page.get_by_role("alert")).to_be_visible()
    visit(page, f"?q={HOSTILE[1]}&k=40&scene={HOSTILE_NAME}")
    detail = page.locator(".detail")
    expect(detail.get_by_role("heading").first).to_have_text(HOSTILE_NAME.removesuffix(".png"))
    for text in HOSTILE:
        expect(detail.get_by_text(text, exact=True).first).to_be_visible()
    assert page.locator("img[src=x]").count() == 0
    visit(page, f"?like={HOSTILE_NAME}&find=captions")
    expect(cards(page).first).to_be_visible()


def test_a_bad_link_is_told_in_one_sentence(open_tab):
    page = open_tab(f"?q={QUERY}&k=9999")
    expect(page.get_by_text("k=9999 is not allowed")).to_be_visible()
    expect(cards(page)).to_have_count(12)
    visit(page, "?like=no_such_scene.png")
    expect(page.get_by_role("alert")).to_contain_text("no_such_scene.png")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_no_serious_accessibility_violation(open_tab, scheme):
    """axe on the start, the results and the chosen scene, in both schemes."""
    page = open_tab("", color_scheme=scheme)
    expect(page.get_by_text("Type a search above")).to_be_visible()
    for path in ("", f"?q={QUERY}&scene=scene_0001.png"):
        visit(page, path)
        expect(page.locator(".card, .mosaic-scene").first).to_be_visible()
        assert serious_violations(page) == []


def test_dark_is_kept(open_tab):
    page = open_tab("", color_scheme="light")
    page.get_by_role("button", name="Dark", exact=True).click()
    expect(page.get_by_role("button", name="Light", exact=True)).to_be_visible()
    dark = page.evaluate("getComputedStyle(document.body).backgroundColor")
    page.reload()
    expect(page.get_by_role("button", name="Light", exact=True)).to_be_visible()
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == dark


def test_a_phone_shows_all_of_it(open_tab):
    """At 360 pixels nothing runs out at the side, and every tab can be touched."""
    page = open_tab(f"?q={QUERY}&scene=scene_0001.png", viewport={"width": 360, "height": 740})
    expect(page.get_by_role("heading", name="Why it moved")).to_be_attached()
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    page.get_by_role("button", name="Close").click()
    for name in ("Search", "Look", "Space", "Errors", "About"):
        expect(page.get_by_role("tab", name=name)).to_be_visible()
    small = page.evaluate(
        "[...document.querySelectorAll('button, select, a[href], input')].filter(n => {"
        " const r = n.getBoundingClientRect();"
        " return r.width > 2 && Math.min(r.width, r.height) < 24"
        "}).map(n => n.outerHTML.slice(0, 80))"
    )
    assert not small
