"""The map of the small gallery, opened in a browser."""

from browser import N_SCENES
from playwright.sync_api import expect

SIZE = {"width": 1400, "height": 900}


def open_map(open_tab, query="", **context):
    page = open_tab(f"?tab=space{query}", **{"viewport": SIZE, **context})
    # Names, then figures: with the last of the colours, all of the map is there.
    expect(page.locator("#map-colour option[value=hubness]")).to_be_attached()
    return page


def stage(page):
    return page.get_by_role("application", name=f"Map of {N_SCENES} pictures")


def settled(page):
    """Wait until nothing has been drawn anew for a while."""
    page.evaluate("""() => new Promise((done) => {
        const figure = document.querySelector(".map-figure");
        let timer = setTimeout(done, 400);
        figure.on("plotly_afterplot", () => {
            clearTimeout(timer);
            timer = setTimeout(done, 400);
        });
    })""")
