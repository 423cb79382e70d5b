"""The map's figure as a person sees it: what lies under the pointer, its colours, its lines."""

import io
import re

import numpy as np
import pytest
from map_page import open_map, settled, stage
from PIL import Image
from playwright.sync_api import expect

from cmpagl.measure.point_figures import figures
from cmpagl.store.gallery import open_gallery

pytestmark = pytest.mark.ui


def card(page):
    return page.locator(".map-card:visible")


def under(page, x, y):
    """What the card says of the point under the pointer; nothing where there is none."""
    page.mouse.move(x + 1, y)
    page.mouse.move(x, y)
    return card(page).inner_text() if card(page).count() else ""


def find_point(page, kind):
    """Go by keys until the card of a picture or a caption shows; the point is beside its middle."""
    stage(page).focus()
    for key in ("ArrowRight", "ArrowDown", "ArrowLeft", "ArrowUp") * 10:
        page.keyboard.press(key)
        if re.search(rf"^{kind}\b", card(page).inner_text(), re.M):
            break
    box = card(page).bounding_box()
    told = card(page).inner_text()
    page.keyboard.press("Escape")
    y = box["y"] + box["height"] / 2
    for x in (box["x"] - 16, box["x"] + box["width"] + 16):
        if under(page, x, y) == told:
            return x, y
    raise AssertionError(f"no {kind} was met")


def pixels(locator):
    return np.asarray(Image.open(io.BytesIO(locator.screenshot())).convert("RGB")).astype(int)


def inner(page):
    """The map without its rounded corners."""
    return pixels(page.locator(".map-figure"))[16:-16, 16:-16]


def dots(page, colour=None):
    """Which of the canvas's pixels belong to points, or are of one colour."""
    settled(page)
    seen = pixels(page.locator(".map-figure"))[60:-4, :-60]  # below the gap, left of the buttons
    ground = np.median(seen, axis=(0, 1))
    return (abs(seen - (ground if colour is None else colour)) > 6).any(-1) ^ bool(colour)


GREY = (201, 207, 202)
INK = (21, 32, 29)
DOWN = (154, 69, 22)
ACCENT = (10, 107, 92)


def test_pointer_moves_and_zooms_what_lies_under_it(open_tab):
    """A drag takes the point along; wheel and buttons move it away; "Show everything" brings it."""
    page = open_map(open_tab)
    x, y = find_point(page, "Picture")
    told = under(page, x, y)
    page.mouse.down()
    page.mouse.move(x + 90, y + 70, steps=4)
    page.mouse.up()
    assert under(page, x + 90, y + 70) == told
    assert under(page, x, y) != told
    page.get_by_role("button", name="Show everything").click()
    assert under(page, x, y) == told
    for _ in range(2):
        page.get_by_role("button", name="Zoom in").click()
    assert under(page, x, y) != told
    for _ in range(2):
        page.get_by_role("button", name="Zoom out").click()
    assert under(page, x, y) == told
    page.mouse.wheel(0, -500)
    expect(card(page)).to_contain_text(told.splitlines()[0])  # the pointer is what stays
    before = dots(page)
    page.mouse.move(x + 150, y + 100)
    page.mouse.wheel(0, -500)
    assert (dots(page) != before).any()
    assert under(page, x, y) != told


def test_card_beside_a_point_and_what_opens_from_it(open_tab):
    """Hover shows picture and caption, Escape takes them away; a click opens the point."""
    page = open_map(open_tab)
    x, y = find_point(page, "Picture")
    expect(card(page).locator("img")).to_have_js_property("complete", True)
    assert card(page).locator("img").evaluate("picture => picture.naturalWidth") > 0
    name, caption, _ = card(page).inner_text().splitlines()
    assert len(caption.split()) > 2
    stage(page).focus()
    page.keyboard.press("Escape")
    expect(card(page)).to_have_count(0)
    page.mouse.click(x, y)
    chosen = page.get_by_role("region", name="Chosen point")
    expect(chosen.get_by_role("heading", name=name, exact=True)).to_be_visible()
    expect(chosen.get_by_role("button", name=caption)).to_be_visible()
    chosen.get_by_role("button", name="Open in Look").click()
    expect(page.get_by_role("tab", name="Look")).to_have_attribute("aria-selected", "true")
    expect(page).to_have_url(re.compile(rf"scene={re.escape(name)}"))
    page.go_back()
    chosen.get_by_role("button", name="Search with this scene").click()
    expect(page.get_by_text("Scenes like")).to_be_visible()


def test_lines_from_a_caption_to_its_picture_and_first_hit(open_tab, gallery_folders):
    """A chosen caption has a whole line to its picture and a dashed one to a wrong first hit."""
    gallery = open_gallery(gallery_folders[0])
    missed = int(np.argmax(figures(gallery).own_rank[len(gallery) :] > 1))
    page = open_map(open_tab, f"&colour=modality&caption={missed}")
    chosen = page.get_by_role("region", name="Chosen point")
    expect(chosen.get_by_text("Its first result")).to_be_visible()
    expect(chosen.get_by_text("Its picture")).to_be_visible()
    expect(page.get_by_text("to its first result")).to_be_visible()
    with_lines = dots(page)
    whole, dashed = (dots(page, colour).sum() for colour in (ACCENT, DOWN))
    chosen.get_by_role("button", name="Close").click()
    expect(chosen).to_be_hidden()
    assert dashed > 20 + dots(page, DOWN).sum()
    assert whole > 60 + dots(page, ACCENT).sum()  # and the ring around the point
    gone = np.argwhere(with_lines & ~dots(page))
    assert np.ptp(gone, axis=0).max() > 40  # more than the ring is wide


def test_legend_shows_one_kind_alone_and_the_others_grey(open_tab):
    """Nothing leaves the map: the others turn grey, and have their colours again afterwards."""
    page = open_map(open_tab)
    page.get_by_label("Colour by").select_option("Modality")
    page.mouse.move(0, 0)
    grey = dots(page, GREY).sum()
    before = inner(page)
    there = dots(page).sum()
    assert grey == 0
    page.get_by_title("Show only Captions in colour").click()
    expect(page).to_have_url(re.compile("solo=1"))
    assert dots(page, GREY).sum() > 500
    assert dots(page, (180, 83, 27)).sum() > 500
    assert dots(page, (10, 107, 92)).sum() == 0
    # Pale edges of grey ones pass for ground.
    assert dots(page).sum() == pytest.approx(there, rel=0.05)
    page.get_by_title("Show only Captions in colour").click()
    page.mouse.move(0, 0)
    settled(page)
    assert (inner(page) == before).all()


def silhouettes(page):
    """The signs of the legend without their colours."""
    found = []
    for sign in page.locator(".map-swatch").all():
        sign.scroll_into_view_if_needed()
        box = sign.bounding_box()
        x, y = box["x"] + box["width"] / 2 - 10, box["y"] + box["height"] / 2 - 10
        clip = {"x": x, "y": y, "width": 20, "height": 20}
        seen = np.asarray(Image.open(io.BytesIO(page.screenshot(clip=clip))).convert("RGB"))
        found.append(int((abs(seen.astype(int) - seen[0, 0]) > 60).any(-1).sum()))
    return found


def test_colours_change_the_legend_and_never_speak_alone(open_tab):
    """Each has its rows; size, shape or a name on the map says the same, and so does the card."""
    page = open_map(open_tab, "&q=a white plane")
    choice = page.get_by_label("Colour by")
    assert choice.locator("option").all_inner_texts() == [
        "Class", "Modality", "Hit or miss", "Hubness", "Rank for the query",
    ]  # fmt: skip
    legend = page.get_by_role("list", name="Legend")
    told = {
        "Modality": ("Pictures", "discs"),
        "Hit or miss": ("Right answer at 2 to 10", "Larger"),
        "Hubness": ("1 to 2 times the average", "Larger"),
        "Rank for the query": ("Rank 2 to 10", "Larger"),
    }
    x, y = find_point(page, "Picture")
    for name, (row, words) in told.items():
        choice.select_option(name)
        expect(legend.get_by_text(row, exact=True)).to_be_visible()
        expect(legend.get_by_text("ship", exact=True)).to_have_count(0)
        expect(page.get_by_text(words).first).to_be_visible()
        signs = silhouettes(page)
        assert len(signs) > 1
        assert len(set(signs)) == len(signs), (name, signs)
        rows = legend.locator(".map-solo-name").all_inner_texts()
        if name != "Modality":
            assert any(row in under(page, x, y) for row in rows)
    choice.select_option("Class")
    expect(legend.get_by_text("ship", exact=True)).to_be_visible()
    page.mouse.move(0, 0)
    named = dots(page, INK).sum()
    choice.select_option("Modality")
    assert named > dots(page, INK).sum() + 20  # the names of classes


def test_what_alignment_did(open_tab):
    """As it is, centred and before alignment: three pictures, the gap's number, the two widths."""
    page = open_map(open_tab, "&colour=modality", reduced_motion="reduce")
    gap = re.search(r"\d\.\d\d", page.get_by_text("Modality gap").last.inner_text())[0]
    expect(page.get_by_text(f"Modality gap {gap}: the distance")).to_be_visible()
    aligned = dots(page)
    page.get_by_role("button", name="Centred").click()
    expect(page.get_by_text(f"which removes the gap of {gap}")).to_be_visible()
    expect(page).to_have_url(re.compile("map=centred"))
    centred = dots(page)
    page.get_by_role("button", name="Before alignment").click()
    expect(page.get_by_text(re.compile(r"image encoder \(\d+ numbers\)"))).to_be_visible()
    raw = dots(page)
    assert (aligned != centred).any()
    centre = (raw.shape[1] + 60) // 2
    middle = slice(centre - 5, centre + 5)
    assert raw.any()
    assert not raw[60:, middle].any()  # two maps, nothing between them
    page.get_by_role("button", name="As it is").click()
    assert (dots(page) == aligned).all()


@pytest.mark.parametrize("motion", ["reduce", "no-preference"])
def test_points_glide_unless_motion_is_reduced(open_tab, motion):
    """With less motion, the next map is simply there."""
    page = open_map(open_tab, "&colour=modality", reduced_motion=motion)
    settled(page)
    page.evaluate("""() => {
        window.places = new Set();
        const canvas = document.querySelector(".map-dots");
        const look = () => {
            window.places.add(canvas.toDataURL());
            requestAnimationFrame(look);
        };
        look();
    }""")
    page.get_by_role("button", name="Before alignment").click()
    page.wait_for_function("window.places.size > 1")
    settled(page)
    count = page.evaluate("window.places.size")
    assert count == 2 if motion == "reduce" else count > 4
