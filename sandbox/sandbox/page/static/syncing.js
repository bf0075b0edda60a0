// The button that syncs, and what the last sync moved.

import { byId, element, shownTime } from "./dom.js";
import { ask, NAMES } from "./systems.js";

const PAUSE = 500; // milliseconds between two questions whether a sync has ended
const MOST = 60; // records listed one by one

/**
 * Connect the button.
 *
 * `isEditing` keeps it from syncing, `changed` is told each report, `show` a record to be shown.
 */
export function connectSync({ command, sections, isEditing, changed, show }) {
  const button = byId("sync");
  const note = byId("sync-note");
  let asking = false;
  if (command) {
    note.replaceChildren("runs ", element("code", {}, command));
    button.disabled = false;
  } else {
    note.textContent =
      "This sandbox was started without a sync (option --sync). Stop it (sandbox stop) and type: make demo";
  }

  async function follow() {
    if (asking) return;
    asking = true;
    try {
      for (;;) {
        const { sync } = await ask("/page/sync");
        tell(sync);
        if (sync === null || !sync.running) break;
        await new Promise((resolve) => setTimeout(resolve, PAUSE));
      }
    } catch {
      note.textContent = "The sandbox does not answer.";
    } finally {
      asking = false;
    }
  }

  function tell(report) {
    const running = report !== null && report.running;
    button.disabled = !command || running;
    button.textContent = running ? "Syncing …" : "Sync";
    const place = byId("outcome");
    const before = place.dataset.state;
    place.dataset.state = report === null ? "none" : stateOf(report);
    if (running && before === "running") {
      byId("seconds").textContent = secondsOf(report); // only this: screen readers tell the rest
    } else {
      place.replaceChildren(...(report === null ? [] : outcome(report, sections, show)));
    }
    changed(report);
  }

  button.addEventListener("click", async () => {
    if (isEditing()) return;
    button.disabled = true;
    await ask("/page/sync", { method: "POST" }).catch(() => null); // one that runs is followed
    await follow();
    if (command) button.disabled = false;
  });
  return follow();
}

function stateOf(report) {
  if (report.running) return "running";
  return report.exit_code === 0 ? "ended" : "failed";
}

function secondsOf(report) {
  return `${Math.round(report.seconds)} s`;
}

function outcome(report, sections, show) {
  const seconds = secondsOf(report);
  if (report.running) {
    const told = element("span", { id: "seconds", "aria-hidden": "true" }, seconds);
    return [element("p", {}, "The sync is running … ", told)];
  }
  const failed = report.exit_code !== 0;
  const why = report.trouble || `It ended with exit code ${report.exit_code}.`;
  const told = [
    element("h2", {}, failed ? "The sync failed" : "What moved"),
    element("p", {}, `${failed ? `${why} ` : ""}${summary(report, sections)} (${seconds})`),
  ];
  if (report.moved.length) {
    const items = report.moved.slice(0, MOST).map((each) => moveElement(each, sections, show));
    told.push(element("ul", { class: "moves" }, ...items));
  }
  if (report.moved.length > MOST) {
    told.push(element("p", { class: "quiet" }, `and ${report.moved.length - MOST} more`));
  }
  if (failed && report.log.length) {
    told.push(element("pre", { class: "log", tabindex: "0", "aria-label": "Last lines of the log" }, report.log.join("\n")));
  }
  return told;
}

/** How many records of which kind were created, changed or deleted. */
function summary(report, sections) {
  if (!report.moved.length) return "No record is different from before.";
  const counts = new Map();
  for (const { system, section, how } of report.moved) {
    const key = `${section} ${system} ${how}`;
    counts.set(key, (counts.get(key) ?? 0) + 1);
  }
  const parts = [...counts].map(([key, count]) => {
    const [section, system, how] = key.split(" ");
    const { one, title } = sections.find((each) => each.name === section)[system];
    return `${count} ${count === 1 ? one : title} ${how} in ${NAMES[system]}`;
  });
  return `${parts.join(", ")}.`;
}

function moveElement(move, sections, show) {
  const { fields } = sections.find((each) => each.name === move.section)[move.system];
  return element(
    "li",
    {},
    element("span", { class: `badge ${move.system}` }, NAMES[move.system]),
    element("span", { class: "how" }, move.how),
    element("span", { class: "what" }, element("b", {}, move.title), ...move.changes.map((each) => changeElement(each, fields))),
    move.how === "deleted"
      ? null
      : element("button", { type: "button", onclick: () => show(move), "aria-label": `Show ${move.title}` }, "Show"),
  );
}

function changeElement({ property, old, new: now }, fields) {
  const name = fields.find((field) => field.path === property)?.name || property;
  return element(
    "span",
    { class: "change" },
    element("code", {}, name),
    old ? element("del", {}, shownTime(old)) : null,
    " → ",
    now ? element("ins", {}, shownTime(now)) : "empty",
  );
}
