// Making elements: texts are always set as text, never as HTML.

/** Make an element. Attributes that are true are set empty, false and null ones are left out. */
export function element(name, attributes = {}, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (key.startsWith("on")) made.addEventListener(key.slice(2), value);
    else if (value === true) made.setAttribute(key, "");
    else if (value !== false && value !== null && value !== undefined) made.setAttribute(key, value);
  }
  made.append(...children.filter((child) => child !== null && child !== undefined));
  return made;
}

/** The element with an id. */
export function byId(id) {
  return document.getElementById(id);
}

/** The value at a path such as "company.id"; undefined where there is none. */
export function valueAt(record, path) {
  return path.split(".").reduce((value, key) => value?.[key], record);
}

/** A time as people read it; all times are in UTC, as both systems keep them. */
export function shownTime(text) {
  const found = /^(\d{4}-\d\d-\d\d)T(\d\d:\d\d)(:\d\d)?(\.\d+)?Z$/.exec(text);
  if (!found) return text;
  const seconds = found[3] && found[3] !== ":00" ? found[3] : "";
  return `${found[1]} ${found[2]}${seconds} UTC`;
}
