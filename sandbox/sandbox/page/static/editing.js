// Editing a record in its place: a form with a field for each property that a request can change.

import { element, shownTime } from "./dom.js";
import { rawText } from "./records.js";
import { bodyOf, Refused, textOf } from "./systems.js";

/**
 * Make a form for a record's fields.
 *
 * `save` gets the body of the request and may refuse with an error; `cancel` closes the form.
 */
export function formElement({ system, fields, record, users, title, save, cancel }) {
  const inputs = new Map();
  const error = element("p", { role: "alert", class: "error" });
  const submit = element("button", { type: "submit", class: "main" }, "Save");
  const form = element("form", { class: "editor", "aria-label": title });
  for (const field of fields) {
    if (field.fixed) {
      form.append(fixedElement(field, record));
    } else {
      const input = inputElement(field, record, users);
      inputs.set(field, { input, before: input.value });
      form.append(element("label", {}, element("span", {}, labelOf(field)), input));
    }
  }
  form.append(
    error,
    element(
      "p",
      { class: "deeds" },
      submit,
      element("button", { type: "button", onclick: cancel }, "Cancel"),
    ),
  );
  form.addEventListener("keydown", (event) => {
    if (event.key === "Escape") cancel();
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) form.requestSubmit();
  });
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const values = changedValues(inputs);
    if (Object.keys(values).length === 0) {
      cancel();
      return;
    }
    submit.disabled = true;
    error.textContent = "";
    try {
      await save(bodyOf(system, fields, values));
    } catch (problem) {
      error.textContent = problem instanceof Refused ? problem.message : "The sandbox does not answer.";
    } finally {
      submit.disabled = false;
    }
  });
  return form;
}

function labelOf(field) {
  return (field.name || field.path) + (field.form === "time" ? " (UTC)" : "");
}

function fixedElement(field, record) {
  return element(
    "p",
    { class: "fixed" },
    element("span", {}, field.name || field.path),
    element("span", {}, shownTime(textOf(record, field)), element("small", {}, ` ${field.fixed}`)),
  );
}

function inputElement(field, record, users) {
  const value = rawText(record, field);
  if (field.form === "lines") {
    const input = element("textarea", { rows: Math.min(14, value.split("\n").length + 1) });
    input.value = value;
    return input;
  }
  if (field.form === "time") {
    return element("input", { type: "datetime-local", step: "1", value: value.slice(0, 19) });
  }
  if (field.form === "user") {
    const current = users.find((user) => user.id === value || user.userName === value);
    const options = users.map((user) =>
      element("option", { value: user.id, selected: user === current }, user.fullName),
    );
    return element("select", {}, element("option", { value: "" }, "nobody"), ...options);
  }
  return element("input", { type: "text", value });
}

/** The values that a person changed, by the paths of their fields. */
function changedValues(inputs) {
  const values = {};
  for (const [field, { input, before }] of inputs) {
    if (input.value === before) continue;
    values[field.path] = field.form === "time" && input.value ? `${input.value}Z` : input.value;
  }
  return values;
}
