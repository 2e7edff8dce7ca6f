// The search for a district or school at the top of each page, and the way to another value of a filter.
"use strict";

for (const box of document.querySelectorAll(".search")) {
  const { base, source } = box.dataset;
  const options = async () => {
    const places = await attendance.need("places", source);
    options.made ??= places.map(([name, address, more]) => ({ name, address, more }));
    return options.made;
  };
  attendance.combobox(box, { options, pick: (place) => location.assign(base + place.address) });
  box.hidden = false;
}

for (const box of document.querySelectorAll(".choice")) {
  const form = box.querySelector("form");
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    location.assign(form.querySelector("select").value + attendance.chosen());
  });
  form.hidden = false;
  box.querySelector("details").hidden = true;
}

// A menu closes when the reader goes elsewhere, by pointer or by keyboard, and with Escape wherever the reader is.
for (const menu of document.querySelectorAll("details.menu")) {
  for (const going of ["click", "focusin"]) {
    document.addEventListener(going, (event) => {
      if (!menu.contains(event.target)) menu.open = false;
    });
  }
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || !menu.open) return;
    const within = menu.contains(document.activeElement);
    menu.open = false;
    if (within) menu.querySelector("summary").focus();
  });
}
