// The requests that a person's own client would send, to the same addresses.

import { valueAt } from "./dom.js";

export const NAMES = { crmoffice: "CRMOffice", trello: "Trello" };

/** A request was refused; the message has the API's own words. */
export class Refused extends Error {}

/** Ask one of the page's own routes. */
export async function ask(path, options = {}) {
  const answer = await fetch(path, options);
  const told = await answer.json();
  if (!answer.ok) throw new Refused(told.error);
  return told;
}

/** Send a change to a system as somebody who is signed in there; return the answer. */
export async function send(system, method, address, values, person) {
  const headers = { "Content-Type": "application/json", Authorization: await signature(system, person) };
  const answer = await fetch(address, { method, headers, body: JSON.stringify(values) });
  const text = await answer.text();
  if (!answer.ok) throw new Refused(`${NAMES[system]} answers ${answer.status}: ${reason(text)}`);
  return JSON.parse(text);
}

/** Read from Trello as a person. */
export async function readTrello(address, person) {
  const headers = { Authorization: await signature("trello", person) };
  const answer = await fetch(`/trello/1${address}`, { headers });
  const text = await answer.text();
  if (!answer.ok) throw new Refused(`Trello answers ${answer.status}: ${reason(text)}`);
  return JSON.parse(text);
}

/** The body of a request that gives fields new values. */
export function bodyOf(system, fields, values) {
  const body = {};
  for (const field of fields) {
    if (!(field.path in values)) continue;
    const value = values[field.path];
    if (system === "trello") body[field.name || field.path] = value;
    else place(body, field.path, value === "" ? null : value);
  }
  return body;
}

function place(body, path, value) {
  const [head, inner] = path.split(".");
  if (inner === undefined) body[head] = value;
  else body[head] = value === null ? null : { [inner]: value };
}

async function signature(system, person) {
  if (system === "trello") {
    return `OAuth oauth_consumer_key="${person.key}", oauth_token="${person.token}"`;
  }
  const { access_token: token } = await ask("/sandbox/crm/token", { method: "POST" });
  return `Bearer ${token}`;
}

/** What an error says: Trello's plain text, or the sentences of CRMOffice's problem. */
function reason(text) {
  let told;
  try {
    told = JSON.parse(text);
  } catch {
    return text;
  }
  const properties = Object.entries(told.errors ?? {}).map(
    ([name, messages]) => `${name}: ${[messages].flat().join(" ")}`,
  );
  return [told.detail ?? told.message ?? text, ...properties].join(" ");
}

/** The text of a property as the page shows it. */
export function textOf(record, field) {
  return String(record.shown?.[field.path] ?? valueAt(record, field.path) ?? "");
}
