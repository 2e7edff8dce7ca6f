// Tables: sorted by a column, narrowed to the rows of a word, with the rows that did not fit into the page.
"use strict";

{
  const { make, fill, count } = attendance;

  // A cell of a file of data: its text, or [text, classes, address, head-count, order].
  attendance.cell = (data, isHead) => {
    const [text, classes, href, of, order] = Array.isArray(data) ? data : [data];
    const cell = make(isHead ? "th" : "td", isHead ? { scope: "row" } : {});
    if (classes && !isHead) cell.className = classes;
    if (order) cell.dataset.order = order;
    cell.append(href ? make("a", { href }, text) : text);
    if (of) cell.append(" ", make("small", {}, of));
    return cell;
  };

  attendance.row = (cells) => make("tr", {}, ...cells.map((cell, place) => attendance.cell(cell, place === 0)));

  const sortKey = (cell) => {
    if (cell.matches(".hidden, .missing")) return null;
    if (cell.dataset.order) return cell.dataset.order;
    const text = cell.firstChild?.textContent ?? "";
    if (!cell.matches(".number")) return attendance.plain(text);
    return Number.parseFloat(text.replaceAll(",", "").replace("\u2212", "-").replace(/^\+/, ""));
  };

  const compare = (one, other) => {
    if (one === null || other === null) return (one === null) - (other === null);
    return typeof one === "number" ? one - other : String(one).localeCompare(String(other), document.documentElement.lang);
  };

  for (const box of document.querySelectorAll(".rows")) {
    const table = box.querySelector("table");
    const body = table.tBodies[0];
    const status = box.querySelector("[role=status]");
    const more = box.querySelector(".more");
    let whole = !more;

    // All rows of the table, those of its file among them.
    const complete = async () => {
      if (whole) return;
      const { rows } = await attendance.need(table.dataset.name, table.dataset.rest);
      if (whole) return;
      whole = true;
      body.replaceChildren(...rows.map(attendance.row));
      more.hidden = true;
    };

    const narrow = () => {
      const wanted = [...box.querySelectorAll(".narrow select")].map((one) => [Number(one.dataset.place), one.value]);
      let shown = 0;
      for (const row of body.rows) {
        const fits = wanted.every(([place, word]) => !word || row.cells[place].firstChild?.textContent === word);
        row.hidden = !fits;
        shown += fits;
      }
      const isNarrow = wanted.some(([, word]) => word);
      status.textContent = isNarrow
        ? fill(box.dataset.shown, { shown: count(shown), count: count(body.rows.length) })
        : "";
    };

    for (const select of box.querySelectorAll(".narrow select")) {
      select.addEventListener("change", async () => {
        await complete();
        narrow();
      });
    }
    for (const form of box.querySelectorAll(".narrow")) form.hidden = false;

    if (more) {
      const button = more.querySelector("button");
      button.hidden = false;
      button.addEventListener("click", async () => {
        const next = body.rows.length;
        await complete();
        narrow();
        const row = body.rows[next];
        row?.cells[0].setAttribute("tabindex", "-1");
        row?.cells[0].focus();
      });
    }

    if (table.matches(".matrix table") || table.dataset.most) continue;
    [...table.tHead.rows[0].cells].forEach((head, place) => {
      const button = make("button", { type: "button", title: box.dataset.sort }, ...head.childNodes);
      head.append(button);
      button.addEventListener("click", async () => {
        await complete();
        const numeric = head.matches(".number");
        const now = head.getAttribute("aria-sort");
        const way = now ? (now === "ascending" ? "descending" : "ascending") : numeric ? "descending" : "ascending";
        for (const one of head.parentElement.cells) one.removeAttribute("aria-sort");
        head.setAttribute("aria-sort", way);
        const sign = way === "ascending" ? 1 : -1;
        const rows = [...body.rows].map((row) => [sortKey(row.cells[place]), row]);
        rows.sort(([one], [other]) => (one === null || other === null ? compare(one, other) : sign * compare(one, other)));
        body.append(...rows.map(([, row]) => row));
      });
    });
  }
}
