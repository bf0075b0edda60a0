"""The page of `links report` in a browser: read, searched, on a phone, by keyboard."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner
from linked_target.cli.main import links
from playwright.sync_api import expect
from sandbox.testing import RunningSandbox

from tests.browser import opened_page
from tests.office import NO_WAITING, Office

if TYPE_CHECKING:
    from pathlib import Path

    from playwright.sync_api import Browser, Locator, Page

    from tests.browser import BrowserPage, Scheme

pytestmark = pytest.mark.xdist_group("browser")

CALLS = 60
HOSTILE = "</script><script>document.title = 'taken over'</script><b>bold</b> \u202ereversed"
REFUSAL = "The plan's limit is reached"
LONG = "x" * 300  # a word that no line holds

CONTRASTS = """
() => {
  const canvas = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
  const rgba = (color) => {
    canvas.clearRect(0, 0, 1, 1);
    canvas.fillStyle = color;
    canvas.fillRect(0, 0, 1, 1);
    return [...canvas.getImageData(0, 0, 1, 1).data];
  };
  const light = (color) => {
    const [r, g, b] = rgba(color).map((part) => {
      const share = part / 255;
      return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const ground = (element) => {
    for (let each = element; each; each = each.parentElement) {
      const color = getComputedStyle(each).backgroundColor;
      if (rgba(color)[3] === 255) return color;
    }
    return "white";
  };
  const texts = [...document.querySelectorAll("body *")].filter(
    (element) =>
      element.checkVisibility() &&
      [...element.childNodes].some((node) => node.nodeType === 3 && node.data.trim()),
  );
  return texts.map((element) => {
    const pair = [light(getComputedStyle(element).color), light(ground(element))];
    const ratio = (Math.max(...pair) + 0.05) / (Math.min(...pair) + 0.05);
    return [ratio, element.outerHTML.slice(0, 100)];
  });
}
"""


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A report on a sync in which something went wrong in each way."""
    folder = tmp_path_factory.mktemp("report")
    with RunningSandbox(seed=False, **NO_WAITING) as box:
        office = Office(box, folder)
        ids = [
            office.crm(
                "POST",
                "/activities",
                subject=f"Call no{number} {HOSTILE if number == 2 else ''}",
                startsAt="2026-03-02T09:00:00Z",
            )["id"]
            for number in range(CALLS)
        ]
        office.sync()
        comments = office.comments()
        first = next(each for each in comments if f"activity: {ids[0]}" in each["data"]["text"])
        text = first["data"]["text"].replace("Call", "Trello's call", 1)
        office.trello("PUT", f"/actions/{first['id']}", text=text)
        office.crm("PATCH", f"/activities/{ids[0]}", subject=f"CRMOffice's call {LONG}")
        office.sync_to_trello(conflict_policy="ask", on_error="keep")
        office.crm("PATCH", f"/activities/{ids[1]}", subject="Refused")
        box.add_fault(
            "status",
            system="trello",
            method="PUT",
            path="/actions/",
            status=400,
            message=f"{REFUSAL} {LONG}",
        )
        office.sync_to_trello(conflict_policy="ask", on_error="keep")
        path = folder / "report.html"
        arguments = ["--links-url", office.links_url, "report", "--out", str(path)]
        result = CliRunner().invoke(links, arguments)
    assert result.exit_code == 0, result.output
    return path


@pytest.fixture
def page(browser_page: BrowserPage, report: Path) -> Page:
    browser_page.page.goto(report.as_uri())
    return browser_page.page


def names(page: Page) -> list[str]:
    return page.locator("#results tbody th").all_inner_texts()


def found(page: Page) -> Locator:
    return page.get_by_role("status")


def test_it_tells_what_needs_a_person_and_why(page: Page) -> None:
    expect(page.get_by_role("heading", level=1)).to_have_text("State of the sync")
    expect(page.get_by_role("heading", name="2 records need a person")).to_be_visible()
    needed = page.get_by_role("region", name="What needs a person")
    expect(needed).to_contain_text(REFUSAL)
    expect(needed).to_contain_text("CRMOffice's call")
    expect(needed).to_contain_text("Trello's call")
    commands = needed.locator("li code").all_inner_texts()
    assert [re.sub(r"L?\d+", "N", each) for each in commands] == [
        "links retry crmoffice activities N",
        "links resolve N --take crmoffice",
        "links resolve N --take trello",
    ]
    page.get_by_role("link", name="Edited on both sides: 1").click()
    expect(page.get_by_role("heading", name="Edited on both sides 1")).to_be_in_viewport()


def test_it_asks_nobody_for_anything(browser_page: BrowserPage, report: Path) -> None:
    browser_page.page.goto(report.as_uri(), wait_until="networkidle")
    asked = [each for each in browser_page.requested if not each.startswith("data:")]
    assert asked == [report.as_uri()]


def test_what_got_into_the_page_could_reach_nobody(browser: Browser, report: Path) -> None:
    with opened_page(browser) as opened, RunningSandbox(seed=False) as box:
        opened.page.goto(report.as_uri())
        refused = opened.page.evaluate("url => fetch(url).then(() => 'told', () => 'no')", box.url)
        assert refused == "no"
        ran = opened.page.evaluate(
            """url => {
              const script = document.createElement("script");
              script.textContent = "window.ran = true";
              const image = document.createElement("img");
              image.src = url;
              document.body.append(script, image);
              return window.ran;
            }""",
            box.url,
        )
        assert ran is None
        assert len([each for each in opened.errors if "Content Security Policy" in each]) >= 3


def test_texts_of_the_systems_stay_texts(page: Page) -> None:
    page.get_by_label("Name, id or link").fill("taken over")
    expect(found(page)).to_have_text("1 link found.")
    expect(page.locator("#results tbody")).to_contain_text("</script><script>document.title")
    expect(page.locator("b")).to_have_count(0)
    assert page.title().startswith("State of the sync")


def test_links_are_found_by_words_streams_and_state(page: Page) -> None:
    whole = len(names(page))
    assert whole == 25
    text = page.get_by_label("Name, id or link")
    text.fill("cALL NO17")
    expect(found(page)).to_have_text("1 link found.")
    expect(page.get_by_role("table", name="Links that were found")).to_contain_text("Call no17")
    (name,) = names(page)
    text.fill(f"{name.lower()} no17")
    expect(found(page)).to_have_text("1 link found.")
    text.fill("no such words")
    expect(found(page)).to_have_text("0 links found.")
    expect(page.locator("#results")).to_be_hidden()
    text.fill("")
    page.get_by_role("combobox", name="Streams").select_option(
        "crmoffice activities with trello actions"
    )
    expect(found(page)).to_contain_text(f"{CALLS} links found")
    page.get_by_role("combobox", name="State").select_option("something waits on it")
    expect(found(page)).to_have_text("1 link found.")
    expect(page.locator("#results tbody")).to_contain_text("text (conflict)")
    page.get_by_role("combobox", name="State").select_option("orphaned")
    expect(found(page)).to_have_text("0 links found.")


def test_pages_of_the_search_are_the_whole(page: Page) -> None:
    page.get_by_role("combobox", name="Streams").select_option(
        "crmoffice activities with trello actions"
    )
    following, back = (
        page.get_by_role("button", name=f"{each} page") for each in ("Next", "Previous")
    )
    expect(back).to_have_attribute("aria-disabled", "true")
    seen = names(page)
    for told in ("26 to 50", "51 to 60"):
        following.click()
        expect(found(page)).to_contain_text(f"shown are {told}")
        seen += names(page)
    assert len(set(seen)) == len(seen) == CALLS
    following.press("Enter")  # it says that it is disabled, but keeps the focus
    expect(found(page)).to_contain_text("shown are 51 to 60")
    back.click()
    expect(found(page)).to_contain_text("shown are 26 to 50")


def test_all_of_it_can_be_done_by_keyboard(page: Page) -> None:
    focused = page.locator(":focus")
    page.keyboard.press("Tab")
    expect(focused).to_have_text("Skip to the content")
    assert page.evaluate("getComputedStyle(document.activeElement).outlineStyle") == "solid"
    page.keyboard.press("Enter")
    expect(focused).to_have_attribute("id", "content")
    wanted = ["summary", "text", "pair", "state", "on"]
    reached: list[str] = []
    for _ in range(40):
        page.keyboard.press("Tab")
        reached.append(
            page.evaluate("document.activeElement.id || document.activeElement.localName")
        )
        if reached[-1] == "on":
            break
    assert [each for each in dict.fromkeys(reached) if each in wanted] == wanted
    page.keyboard.press("Enter")
    expect(found(page)).to_contain_text("shown are 26 to 50")
    expect(focused).to_have_text("Next page")


def test_the_charts_have_words_and_numbers(page: Page) -> None:
    charts = page.get_by_role("img").all()
    told = [chart.get_attribute("aria-label") or "" for chart in charts]
    assert any(
        re.search(r"crmoffice to trello.* 3 runs, of which 0 stopped", each) for each in told
    )
    assert any("requests waited" in each for each in told)
    for chart in charts:
        box = chart.bounding_box()
        assert box is not None
        assert box["height"] > 20
    bars = page.locator("svg[role=img] rect")
    assert all((box := bar.bounding_box()) and box["height"] > 1 for bar in bars.all())
    numbers = page.get_by_role("region", name="Numbers, crmoffice to trello")
    expect(numbers).to_be_hidden()
    page.get_by_text("The numbers of these charts").first.click()
    expect(numbers).to_be_visible()
    expect(numbers.get_by_role("rowheader")).to_have_count(1)


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [360, 1280])
def test_it_fits_a_phone_and_a_desk_by_day_and_by_night(
    browser: Browser, report: Path, width: int, scheme: Scheme
) -> None:
    with opened_page(browser, width=width, scheme=scheme) as opened:
        page = opened.page
        page.goto(report.as_uri())
        opened.keep_screenshot(f"report-{width}-{scheme}")
        page.locator("#links").scroll_into_view_if_needed()
        opened.keep_screenshot(f"report-links-{width}-{scheme}")
        page.locator("summary").first.click()
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        ratios = page.evaluate(CONTRASTS)
        assert len(ratios) > 100
        assert [told for ratio, told in ratios if ratio < 4.5] == []
        is_dark = (
            page.evaluate("getComputedStyle(document.body).backgroundColor") != "rgb(255, 255, 255)"
        )
        assert is_dark == (scheme == "dark")
        assert opened.errors == []


def test_on_paper_there_is_nothing_to_click_and_no_night(page: Page) -> None:
    page.emulate_media(media="print", color_scheme="dark")
    expect(page.get_by_role("heading", name="2 records need a person")).to_be_visible()
    expect(page.locator("form, button, nav").filter(visible=True)).to_have_count(0)
    expect(page.locator("body")).to_have_css("background-color", "rgb(255, 255, 255)")


def test_without_javascript_all_but_the_search_is_there(browser: Browser, report: Path) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(report.as_uri())
    expect(page.get_by_role("heading", name="2 records need a person")).to_be_visible()
    expect(page.locator("noscript p")).to_be_visible()
    expect(page.locator("#search")).to_be_hidden()
    context.close()
