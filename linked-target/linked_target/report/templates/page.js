
(() => {
  "use strict";

  const PAGE = 25;
  const DAY = 86_400_000;
  const element = (id) => document.getElementById(id);
  const number = new Intl.NumberFormat("en");

  const pairs = [];
  const links = [];
  for (const block of JSON.parse(element("data").textContent)) {
    pairs.push(...block.pairs);
    block.n.forEach((n, i) => {
      const link = {
        name: `L${n}`,
        pair: block.p[i],
        state: block.s[i],
        a: block.a[i],
        b: block.b[i],
        title: block.t[i] ?? "",
        day: block.d[i],
        waits: block.w[i] ?? "",
      };
      link.text = `${link.name}\n${link.a}\n${link.b}\n${link.title}\n${link.waits}`.toLowerCase();
      links.push(link);
    });
  }

  let found = links;
  let first = 0;

  const cell = (row, label, text) => {
    const td = document.createElement("td");
    td.dataset.label = label;
    const isolated = document.createElement("bdi");
    isolated.textContent = text;
    td.append(isolated);
    row.append(td);
  };

  const end = (system, stream, id) => (id ? `${system} ${stream} ${id}` : "none");

  const rowOf = (link) => {
    const [a, aStream, b, bStream] = pairs[link.pair];
    const row = document.createElement("tr");
    const name = document.createElement("th");
    name.scope = "row";
    name.textContent = link.name;
    row.append(name);
    cell(row, "name", link.title);
    cell(row, "record", end(a, aStream, link.a));
    cell(row, "partner", end(b, bStream, link.b));
    cell(row, "state", link.state);
    cell(row, "waits", link.waits);
    cell(row, "changed", new Date(link.day * DAY).toISOString().slice(0, 10));
    return row;
  };

  const show = () => {
    const last = Math.min(first + PAGE, found.length);
    element("results").tBodies[0].replaceChildren(...found.slice(first, last).map(rowOf));
    element("results").hidden = found.length === 0;
    element("pages").hidden = found.length <= PAGE;
    element("back").setAttribute("aria-disabled", String(first === 0));
    element("on").setAttribute("aria-disabled", String(last === found.length));
    const range = found.length > PAGE ? `; shown are ${number.format(first + 1)} to ${number.format(last)}` : "";
    const links = found.length === 1 ? "link" : "links";
    element("found").textContent = `${number.format(found.length)} ${links} found${range}.`;
  };

  const search = () => {
    const words = element("text").value.toLowerCase().split(/\s+/).filter(Boolean);
    const pair = element("pair").value;
    const state = element("state").value;
    found = links.filter(
      (link) =>
        (pair === "" || link.pair === Number(pair)) &&
        (state === "" || link.state === state || (state === "waits" && link.waits !== "")) &&
        words.every((word) => link.text.includes(word)),
    );
    first = 0;
    show();
  };

  const turn = (by) => {
    const next = first + by * PAGE;
    if (next >= 0 && next < found.length) {
      first = next;
      show();
    }
  };

  pairs.forEach(([a, aStream, b, bStream], index) => {
    element("pair").append(new Option(`${a} ${aStream} with ${b} ${bStream}`, String(index)));
  });
  element("text").addEventListener("input", search);
  element("pair").addEventListener("change", search);
  element("state").addEventListener("change", search);
  element("search").addEventListener("submit", (event) => event.preventDefault());
  element("back").addEventListener("click", () => turn(-1));
  element("on").addEventListener("click", () => turn(1));
  element("search").hidden = false;
  element("hint").hidden = false;
  show();
})();
