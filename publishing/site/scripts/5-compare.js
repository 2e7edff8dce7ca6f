// A table whose rows the reader chooses: they are searched by name and stand one below the other, to be compared.
"use strict";

for (const box of document.querySelectorAll(".rows")) {
  const table = box.querySelector("table[data-most]");
  if (!table) continue;
  const { make, fill } = attendance;
  const picker = box.querySelector(".picker");
  const status = picker.querySelector("[role=status]");
  const body = table.tBodies[0];
  const most = Number(table.dataset.most);
  const data = () => attendance.need(table.dataset.name, table.dataset.rest);

  const drop = (row) => {
    const next = row.nextElementSibling ?? row.previousElementSibling;
    row.remove();
    keep();
    (next?.querySelector("button") ?? picker.querySelector("input")).focus();
  };

  // The choice stands in the address, so that it can be sent, and goes along to the other language.
  const keep = () => {
    const keys = [...body.rows].map((row) => row.dataset.key);
    history.replaceState(null, "", `#${table.dataset.name}=${keys.join(",")}`);
    for (const link of document.querySelectorAll(".language a")) link.hash = attendance.chosen();
  };

  const dress = (row) => {
    const head = row.cells[0];
    const label = fill(box.dataset.remove, { name: head.textContent });
    const button = make("button", { type: "button", class: "remove", "aria-label": label }, "\u00d7");
    button.addEventListener("click", () => drop(row));
    head.prepend(button, " ");
  };

  const add = async (key) => {
    if ([...body.rows].some((row) => row.dataset.key === key)) return;
    if (body.rows.length >= most) {
      status.textContent = fill(box.dataset.full, { most });
      return;
    }
    const { keys, rows } = await data();
    const place = keys.indexOf(key);
    if (place < 0) return;
    const row = attendance.row(rows[place]);
    row.dataset.key = key;
    dress(row);
    body.append(row);
    keep();
  };

  const options = async () => {
    const { keys, rows } = await data();
    options.made ??= keys.map((key, place) => {
      const [first, second] = rows[place];
      const name = Array.isArray(first) ? first[0] : first;
      return { key, name, more: Array.isArray(second) ? second[0] : second };
    });
    return options.made;
  };

  for (const row of body.rows) dress(row);
  attendance.combobox(picker, { options, pick: ({ key }) => add(key) });
  picker.hidden = false;

  const asked = location.hash.startsWith(`#${table.dataset.name}=`) ? location.hash.split("=")[1].split(",") : [];
  if (asked.length) {
    body.replaceChildren();
    (async () => {
      for (const key of asked) await add(key);
    })();
  }
}
