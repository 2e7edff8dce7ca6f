// A drawing of points: the one under the pointer is told by name, and a click leads to its page. All of them stand in the
// table below, for those who use no pointer.
"use strict";

for (const figure of document.querySelectorAll("figure")) {
  const tip = figure.querySelector(".tip");
  if (!tip) continue;
  const { make } = attendance;
  const table = figure.closest(".card").querySelector("table");
  const heads = [...table.tHead.rows[0].cells].map((head) => head.textContent);
  const data = () => attendance.need(table.dataset.name, table.dataset.rest);
  // How near the pointer must be, in pixels of the screen.
  const reach = 16;

  for (const svg of figure.querySelectorAll("svg[data-area]")) {
    const [left, top, width, height] = svg.dataset.area.split(" ").map(Number);
    const [west, east, south, north] = svg.dataset.ends.split(" ").map(Number);
    const ring = document.createElementNS(svg.namespaceURI, "circle");
    ring.setAttribute("class", "found");
    ring.setAttribute("r", "13");
    let found = -1;

    const place = ([x, y]) => [
      left + ((x - west) / (east - west)) * width,
      top + (1 - (y - south) / (north - south)) * height,
    ];

    const nearest = (spots, event) => {
      const box = svg.getBoundingClientRect();
      const scale = svg.viewBox.baseVal.width / box.width;
      const [x, y] = [(event.clientX - box.left) * scale, (event.clientY - box.top) * scale];
      let [best, distance] = [-1, reach * scale];
      spots.forEach((spot, number) => {
        if (!spot) return;
        const [px, py] = place(spot);
        const away = Math.hypot(px - x, py - y);
        if (away < distance) [best, distance] = [number, away];
      });
      return best;
    };

    const tell = async (event) => {
      const { spots, rows } = await data();
      const next = nearest(spots, event);
      if (next === found) return;
      found = next;
      ring.remove();
      tip.replaceChildren();
      if (found < 0) return;
      const [x, y] = place(spots[found]);
      ring.setAttribute("cx", x);
      ring.setAttribute("cy", y);
      svg.append(ring);
      const [name, ...values] = rows[found].map((cell) => (Array.isArray(cell) ? cell : [cell]));
      tip.append(name[2] ? make("a", { href: name[2] }, name[0]) : make("strong", {}, name[0]));
      values.forEach(([text], at) => tip.append(` · ${heads[at + 1]} ${text}`));
    };

    svg.addEventListener("pointermove", tell);
    svg.addEventListener("click", async (event) => {
      await tell(event);
      const link = tip.querySelector("a");
      // A finger has shown the name with this tap; the link is there to be tapped.
      if (link && event.pointerType !== "touch") location.assign(link.href);
    });
  }
}
