// The page: which records are shown, and what a person does with them.

import { byId, element } from "./dom.js";
import { formElement } from "./editing.js";
import { pickRow, rowElement } from "./records.js";
import { connectSync } from "./syncing.js";
import { ask, readTrello, send } from "./systems.js";

const TYPING = 200; // milliseconds after the last key until the words are looked for

const start = await ask("/page/start");
const view = { section: start.sections[0], words: "", id: null, page: 1, answer: null };
const state = { report: null, asked: 0 };

/** What rows may ask about the page, and tell it. */
const page = {
  get unknown() {
    return view.answer.unknown;
  },
  get busy() {
    return state.report?.running ?? false;
  },
  movedOf(side, system, id) {
    return state.report?.moved.find(
      (each) => each.system === system && each.id === id && sideOf(each).kind === side.kind,
    );
  },
  edit,
};

function sideOf(move) {
  return start.sections.find((each) => each.name === move.section)[move.system];
}

function person() {
  return { key: start.key, token: byId("person").value };
}

/** Show the records that the view asks for, as they are now. */
async function load() {
  const number = ++state.asked;
  const query = new URLSearchParams({ section: view.section.name, words: view.words, page: view.page });
  if (view.id !== null) query.set("id", view.id);
  const answer = await ask(`/page/rows?${query}`).catch(() => null);
  if (answer === null) {
    byId("place").textContent = "The sandbox does not answer.";
    return;
  }
  if (number !== state.asked) return; // a later question is on its way
  view.answer = answer;
  view.page = answer.page;
  show();
}

function show() {
  const { section, answer } = view;
  for (const button of byId("sections").children) {
    const current = button.dataset.section === section.name;
    button.setAttribute("aria-current", current ? "true" : "false");
    const moves = state.report?.moved.filter((each) => each.section === button.dataset.section) ?? [];
    button.querySelector(".moves").textContent = moves.length ? `${moves.length} moved` : "";
  }
  byId("in-step").textContent = `In step: ${section.in_step}.`;
  byId("unknown").hidden = !answer.unknown;
  byId("unknown").textContent = `Which records belong together is not known. ${answer.unknown}`;
  for (const system of ["crmoffice", "trello"]) {
    byId(`${system}-count`).textContent = `${answer.counts[system]} ${section[system].title}`;
    byId(`new-${system}`).hidden = section.name !== "activities";
    byId(`new-${system}`).disabled = page.busy;
  }
  const rows = answer.rows.map((row) => rowElement(section, row, page));
  if (!rows.length) rows.push(element("p", { class: "quiet" }, "No record has these words."));
  byId("rows").replaceChildren(...rows);
  byId("previous").disabled = answer.page <= 1;
  byId("next").disabled = answer.page >= answer.pages;
  const rowsFound = answer.found === 1 ? "1 row" : `${answer.found} rows`;
  const place = `Page ${answer.page} of ${answer.pages}, ${rowsFound}`;
  byId("place").replaceChildren(view.id === null ? place : showAll());
}

function showAll() {
  const all = () => go({ id: null, page: 1 });
  return element("button", { type: "button", onclick: all }, "Show all records");
}

/** Show other records, unless a person is still editing one. */
async function go(changes) {
  if (isEditing()) return;
  Object.assign(view, changes);
  await load();
}

/** Whether a form is open; then it is shown, and asks to be saved or cancelled first. */
function isEditing() {
  const form = document.querySelector("form.editor");
  if (form === null) return false;
  form.querySelector(".error").textContent = "Save or cancel this first.";
  form.querySelector("button[type=submit]").focus();
  return true;
}

/** Put the form for a record in the place of what it shows. */
function edit(section, row, system, shown) {
  if (isEditing()) return;
  const side = section[system];
  const record = row[system];
  const form = formElement({
    system,
    fields: side.fields,
    record,
    users: start.users,
    title: `Edit ${side.title} ${record.id}`,
    async save(body) {
      await send(system, side.method, `${side.address}/${record.id}`, body, person());
      await refresh(section, record.id, form.closest(".row"), system);
    },
    cancel() {
      form.replaceWith(shown);
      shown.querySelector(".edit").focus();
    },
  });
  form.classList.add("record", system);
  shown.replaceWith(form);
  form.querySelector("input, textarea, select").focus();
}

/** Show a row as it is now, where it stands. */
async function refresh(section, id, old, system) {
  const query = new URLSearchParams({ section: section.name, id });
  const { rows } = await ask(`/page/rows?${query}`);
  const row = rows[0];
  const known = view.answer.rows.findIndex((each) => each[system]?.id === id);
  if (!row || known < 0) {
    await load();
    return;
  }
  const merged = view.answer.unknown ? { ...view.answer.rows[known], [system]: row[system] } : row;
  view.answer.rows[known] = merged;
  const made = rowElement(section, merged, page);
  old.replaceWith(made);
  made.querySelector(`.record.${system} .edit`).focus();
}

/** Put an empty form for a new record above the rows. */
function draft(system, fields, create) {
  if (isEditing()) return;
  const close = () => {
    byId("drafts").replaceChildren();
    byId(`new-${system}`).focus();
  };
  const form = formElement({
    system,
    fields,
    record: {},
    users: start.users,
    title: `New record in ${system}`,
    async save(body) {
      await create(body);
      close();
      await go({ id: null, words: "", page: 1 });
    },
    cancel: close,
  });
  form.classList.add("record", system);
  byId("drafts").replaceChildren(form);
  form.querySelector("input, textarea, select").focus();
}

byId("new-crmoffice").addEventListener("click", () => {
  const side = start.sections[0].crmoffice;
  draft("crmoffice", side.fields, (body) => send("crmoffice", "POST", side.address, body));
});

byId("new-trello").addEventListener("click", () => {
  const text = start.sections[0].trello.fields[0];
  draft("trello", [text], async (body) => {
    const [board] = await readTrello("/members/me/boards", person());
    const [card] = await readTrello(`/boards/${board.id}/cards`, person());
    await send("trello", "POST", `/trello/1/cards/${card.id}/actions/comments`, body, person());
  });
});

for (const section of start.sections) {
  const open = () => go({ section, id: null, page: 1 });
  byId("sections").append(
    element(
      "button",
      { type: "button", "data-section": section.name, onclick: open },
      `${capital(section.crmoffice.title)} = ${section.trello.title} `,
      element("span", { class: "moves" }),
    ),
  );
}

function capital(text) {
  return text[0].toUpperCase() + text.slice(1);
}

for (const { token, username } of start.people) {
  byId("person").append(element("option", { value: token }, `@${username}`));
}
byId("crmoffice-address").textContent = `${location.origin}/crmoffice`;
byId("trello-address").textContent = `${location.origin}/trello/1`;

let typing;
byId("words").addEventListener("input", () => {
  clearTimeout(typing);
  typing = setTimeout(() => go({ words: byId("words").value, id: null, page: 1 }), TYPING);
});
byId("search").addEventListener("submit", (event) => event.preventDefault());
byId("previous").addEventListener("click", () => go({ page: view.page - 1 }));
byId("next").addEventListener("click", () => go({ page: view.page + 1 }));

await load();
await connectSync({
  command: start.sync,
  sections: start.sections,
  isEditing,
  changed(report) {
    const before = state.report;
    state.report = report;
    if (report?.running) {
      for (const button of document.querySelectorAll(".edit, #new-crmoffice, #new-trello")) button.disabled = true;
    } else if (before !== report && document.querySelector("form.editor") === null) {
      load();
    }
  },
  async show(move) {
    const section = start.sections.find((each) => each.name === move.section);
    byId("words").value = "";
    await go({ section, id: move.id, words: "", page: 1 });
    const row = byId("rows").querySelector(".row");
    if (row) pickRow(row, move.system);
  },
});
