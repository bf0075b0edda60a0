// Rows of records: what stands side by side, and how a pair is shown.

import { element, shownTime, valueAt } from "./dom.js";
import { NAMES, textOf } from "./systems.js";

const SYSTEMS = ["crmoffice", "trello"];
const FOOTER = /\n*^---\n((?:(?:Starts|Owner|CRMOffice activity): .*\n?)+)(?![^])/m;

/** A row of the page. `page` tells what moved, and is told what a person does. */
export function rowElement(section, row, page) {
  const made = element("div", { class: row.paired ? "row columns paired" : "row columns" });
  for (const system of SYSTEMS) {
    made.append(
      row[system] === null
        ? emptyElement(system, row, page)
        : recordElement(section, row, system, page),
    );
  }
  if (row.paired) made.addEventListener("click", (event) => pick(made, event));
  return made;
}

/** Mark a row's pair as picked, and bring a record of it into view. */
export function pickRow(row, system) {
  for (const other of document.querySelectorAll(".row.picked")) {
    other.classList.remove("picked");
    for (const record of other.querySelectorAll("[aria-current]")) record.removeAttribute("aria-current");
  }
  row.classList.add("picked");
  for (const record of row.querySelectorAll(".record")) record.setAttribute("aria-current", "true");
  const partner = row.querySelector(`.record.${system}`);
  partner.focus({ preventScroll: true });
  partner.scrollIntoView({ block: "nearest" });
}

function pick(row, event) {
  if (event.target.closest("button, a, input, textarea, select, form")) return;
  const record = event.target.closest(".record");
  if (record === null || String(getSelection()) !== "") return;
  pickRow(row, record.classList.contains("trello") ? "crmoffice" : "trello");
}

function emptyElement(system, row, page) {
  const text = page.unknown ? "" : `No partner in ${NAMES[system]}`;
  return element("p", { class: "empty quiet" }, text);
}

function recordElement(section, row, system, page) {
  const side = section[system];
  const record = row[system];
  const moved = page.movedOf(side, system, record.id);
  const [first, ...others] = side.fields;
  const made = element(
    "article",
    {
      class: `record ${system}${moved ? " moved" : ""}`,
      tabindex: "-1",
      "data-id": record.id,
      "aria-label": `${NAMES[system]}: ${titleOf(record, first)}`,
    },
    element("p", { class: "badge only-narrow " + system }, NAMES[system]),
    moved ? element("p", { class: "mark" }, `${moved.how} by the last sync`) : null,
    ...heading(record, first, moved),
  );
  made.append(
    element(
      "div",
      { class: "lower" },
      propertiesElement(record, others, moved),
      deedsElement(section, row, system, made, page),
    ),
  );
  return made;
}

function heading(record, field, moved) {
  const text = textOf(record, field);
  const news = changesOf(moved, field).flatMap((change) => change.new.split("\n"));
  const footer = field.form === "lines" ? FOOTER.exec(text) : null;
  const words = footer === null ? text : text.slice(0, footer.index);
  const made = [element("h3", { class: "words" }, ...linesElements(words || "(no name)", news))];
  if (footer !== null) {
    const lines = linesElements(footer[1].trim(), news);
    made.push(element("p", { class: "footer", title: "the footer that the sync keeps" }, ...lines));
  }
  return made;
}

/** The lines of a text; those that are new are marked. */
function linesElements(text, news) {
  return text.split("\n").flatMap((line, place) => [
    place ? "\n" : "",
    news.includes(line) && line !== "" ? element("mark", {}, line) : line,
  ]);
}

function changesOf(moved, field) {
  return moved?.changes.filter((each) => each.property === field.path) ?? [];
}

function titleOf(record, field) {
  return textOf(record, field).split("\n")[0] || record.id;
}

function propertiesElement(record, fields, moved) {
  const list = element("dl", {}, element("dt", {}, "id"), element("dd", {}, element("code", {}, record.id)));
  for (const field of fields) {
    const text = textOf(record, field);
    if (text === "") continue;
    const isNew = changesOf(moved, field).length > 0;
    list.append(
      element("dt", {}, field.name || field.path),
      element("dd", { title: field.fixed || null }, isNew ? element("mark", {}, shownTime(text)) : shownTime(text)),
    );
  }
  return list;
}

function deedsElement(section, row, system, made, page) {
  const side = section[system];
  const other = system === "trello" ? "crmoffice" : "trello";
  const title = titleOf(row[system], side.fields[0]);
  const deeds = element("p", { class: "deeds" });
  if (row.paired) {
    const toPartner = () => pickRow(made.closest(".row"), other);
    deeds.append(
      element(
        "button",
        { type: "button", class: "partner", onclick: toPartner, "aria-label": `Partner of ${title}` },
        "Partner",
      ),
    );
  }
  if (side.method) {
    const edit = () => page.edit(section, row, system, made);
    deeds.append(
      element(
        "button",
        { type: "button", class: "edit", onclick: edit, disabled: page.busy, "aria-label": `Edit ${title}` },
        "Edit",
      ),
    );
  } else {
    deeds.append(element("span", { class: "quiet" }, side.fields[0].fixed));
  }
  return deeds;
}

/** The raw value of a property, as a text. */
export function rawText(record, field) {
  const value = valueAt(record, field.path);
  return value === null || value === undefined ? "" : String(value);
}
