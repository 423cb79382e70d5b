"""What Python hands to a script and what the script reads agree, field by field.

In the real page, each script gets its `props.value` through a guard made from its contract: reading
a field that the contract lacks, and being handed one more or one fewer than it has, is an error of
the page, which fails the test.
"""

import json
import re
from types import NoneType
from typing import Literal, NotRequired, get_args, get_origin, get_type_hints, is_typeddict

import pytest
from playwright.sync_api import expect

from app.about.contract import About
from app.adding.contract import AddingShown
from app.earth.contract import EarthProblem, EarthShown
from app.errors.contract import ErrorsShown, FileShown, TallyShown
from app.kit.contract import Answered, Go, Ready, StatusShown
from app.kit.scripts import script_files
from app.look.contract import Controls, Picker, Stage, Waiting
from app.search.contract import (
    AcrossShown,
    DetailShown,
    Form,
    Problem,
    Ranking,
)
from app.search.kept_contract import JudgingShown, Keeping
from app.space.contract import SpaceProblem, SpaceShown

VALUES = {
    "kit/static/address.js": Ready | Answered | Go,
    "kit/static/header.js": StatusShown,
    "adding/static/adding.js": AddingShown,
    "earth/static/earth.js": EarthShown | EarthProblem,
    "search/static/search.js": Form | Problem,
    "search/static/ranking.js": Ranking,
    "search/static/across.js": AcrossShown,
    "search/static/detail.js": DetailShown,
    "search/static/keeping.js": Keeping,
    "search/static/judging.js": JudgingShown,
    "look/static/look.js": Stage | Waiting,
    "look/static/look-controls.js": Controls,
    "look/static/look-picker.js": Picker,
    "errors/static/errors.js": ErrorsShown,
    "errors/static/errors-file.js": FileShown,
    "errors/static/errors-tally.js": TallyShown,
    "space/static/space.js": SpaceShown | SpaceProblem,
    "about/static/about.js": About,
}
"""Every script that is mounted and handed a value, with the type of it."""

GUARD = """
import * as real from "./NAME?real";
export * from "./NAME?real"; // what other scripts ask of it
const SCHEMA = {};

function guarded(value, schema, path) {
  if (value === null || typeof value !== "object" || !schema) return value;
  if ("items" in schema) return [...value].map((one) => guarded(one, schema.items, path + "[]"));
  if ("values" in schema) {
    const entries = Object.entries(value);
    return Object.fromEntries(entries.map(([k, v]) => [k, guarded(v, schema.values, path + "{}")]));
  }
  for (const name of schema.required) {
    if (!(name in value)) console.error(`contract: ${path}.${name} is not handed over`);
  }
  for (const name of Object.keys(value)) {
    if (!(name in schema.fields)) console.error(`contract: ${path}.${name} is handed over`);
  }
  return new Proxy(value, {
    get(target, name) {
      if (typeof name === "string" && name !== "toJSON" && !(name in schema.fields)) {
        console.error(`contract: ${path}.${name} is read`);
      }
      return guarded(Reflect.get(target, name), schema.fields[name], `${path}.${String(name)}`);
    },
  });
}

export const mount = (given) => real.mount({
  ...given,
  props: new Proxy(given.props, {
    get: (target, name) =>
      name === "value" ? guarded(target.value, SCHEMA, "NAME") : Reflect.get(target, name),
  }),
});
(window.guarded ||= []).push("NAME");
"""


def fields_of(hint):
    """Every field of a contract, with those that are always there."""
    hints = get_type_hints(hint, include_extras=True)
    optional = {name for name, field in hints.items() if get_origin(field) is NotRequired}
    return get_type_hints(hint), set(hints) - optional


def schema(hint):
    """A type as JSON: {fields, required}, {items}, {values}, or null for what is no object."""
    kind, arguments = get_origin(hint), get_args(hint)
    if is_typeddict(hint):
        fields, required = fields_of(hint)
        own = {name: schema(field) for name, field in fields.items()}
        return {"fields": own, "required": sorted(required)}
    if kind is dict:
        return {"values": schema(arguments[1])}
    if kind in (None, Literal):
        return None
    if kind is tuple or "Sequence" in str(kind) or kind is list:
        return {"items": schema(arguments[0])}
    made = [schema(one) for one in arguments if one is not NoneType]
    made = [one for one in made if one]
    if len(made) < 2:
        return made[0] if made else None
    required = set.intersection(*(set(one["required"]) for one in made))
    return {
        "fields": {name: field for one in made for name, field in one["fields"].items()},
        "required": sorted(required),
    }


def named(found):
    """Every field's name in a schema."""
    for part in ("items", "values"):
        if found and part in found:
            yield from named(found[part])
    for name, field in (found or {}).get("fields", {}).items():
        yield name
        yield from named(field)


@pytest.mark.parametrize("path", VALUES)
def test_every_field_is_read_by_a_script(path):
    """A field whose name no script of its tab has is handed over for nothing."""
    tab = path.partition("/")[0]
    scripts = [text for name, text in script_files().items() if name.startswith((tab, "kit/"))]
    words = set(re.findall(r"\w+", b" ".join(scripts).decode()))
    assert not set(named(schema(VALUES[path]))) - words


@pytest.mark.parametrize("path", VALUES)
def test_a_script_names_its_contract(path):
    """Who reads a script finds the type of its value in its first lines."""
    head = script_files()[path].decode().split("import ", 1)[0]
    kinds = get_args(VALUES[path]) or (VALUES[path],)
    assert [kind.__name__ for kind in kinds if f"`{kind.__name__}`" not in head] == []


@pytest.fixture
def open_guarded(open_tab):
    """Open a tab in which every mounted script is guarded by its contract."""

    def open_at(address):
        page = open_tab("about:blank")
        for path, hint in VALUES.items():
            name = path.rpartition("/")[2]
            guard = GUARD.replace("NAME", name).replace("{};", json.dumps(schema(hint)) + ";", 1)
            page.route(
                re.compile(rf"/scripts/\w+/{path}$"),
                lambda route, _, guard=guard: route.fulfill(
                    body=guard, content_type="text/javascript"
                ),
            )
        page.goto(address, wait_until="commit")
        return page

    return open_at


QUERY = "a white plane on the grass"
MARKED = "0" * 8  # of no scene here: passed over

TOUR = {
    # An address, what shows that it is drawn, and which scripts must have been mounted.
    "": (".mosaic-scene", {"address.js", "header.js", "search.js", "ranking.js"}),
    f"?q={QUERY}": (".column[data-side=after] .card", {"ranking.js", "detail.js"}),
    f"?q={QUERY}&layout=grid&marks=y{MARKED}&not=sand": (".is-grid .card", {"ranking.js"}),
    f"?tab=look&q={QUERY}": (".look-panel", {"look.js", "look-controls.js", "look-picker.js"}),
    f"?tab=look&look=score&q={QUERY}": (".look-word", {"look.js"}),
    "?tab=errors": (".errors-whole", {"errors.js"}),
    "?tab=errors&part=classes": (".errors-halves", {"errors.js"}),
    "?tab=errors&part=hubs": (".errors-hubs", {"errors.js"}),
    "?tab=errors&part=review": (".errors-judged", {"errors.js", "errors-tally.js"}),
    f"?tab=space&q={QUERY}": (".map-all", {"space.js"}),
    "?tab=about": (".about-lead", {"about.js"}),
}


@pytest.mark.ui
@pytest.mark.parametrize("address", TOUR)
def test_scripts_read_what_they_are_handed(open_guarded, address):
    """No field is read that is not in the contract, none is handed over beside it."""
    drawn, scripts = TOUR[address]
    page = open_guarded(address)
    expect(page.locator(drawn).first).to_be_visible()
    page.wait_for_function(
        "names => names.every((name) => window.guarded?.includes(name))", arg=sorted(scripts)
    )
    if address == f"?q={QUERY}":
        page.locator(drawn).nth(1).click()
        expect(page.locator(".detail-head")).to_be_visible()
    if address == "?tab=errors":
        with page.expect_download():
            page.get_by_role("button", name=re.compile("as CSV")).click()
