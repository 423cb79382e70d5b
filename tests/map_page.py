"""The map of the small gallery, opened in a browser."""

from browser import N_SCENES
from playwright.sync_api import expect

SIZE = {"width": 1400, "height": 900}


def open_map(open_tab, query="", **context):
    page = open_tab(f"?tab=space{query}", **{"viewport": SIZE, **context})
    # Names, then figures: with the last of the colours, all of the map is there.
    expect(page.locator("#map-colour option[value=hubness]")).to_be_attached()
    expect(page.locator(".map-figure .nsewdrag")).to_be_attached()  # it can be moved
    return page


def stage(page):
    return page.get_by_role("application", name=f"Map of {N_SCENES} pictures")


def settled(page):
    """Wait until points, marks and rings have stood as they are for a while."""
    page.evaluate("""async () => {
        const stage = document.querySelector(".map-stage");
        const look = () => stage.querySelector(".map-dots").toDataURL() + stage.innerHTML;
        for (let last = "", same = 0; same < 3; ) {
            await new Promise((done) => setTimeout(done, 100));
            const now = look();
            same = now === last ? same + 1 : 0;
            last = now;
        }
    }""")
