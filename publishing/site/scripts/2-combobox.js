// A text field with a list of what it may mean, as WAI-ARIA describes it: arrows move, Enter takes, Escape closes.
"use strict";

attendance.combobox = (box, { options, pick, most = 8 }) => {
  const { make, fill, plain, count } = attendance;
  const input = box.querySelector("[role=combobox]");
  const list = box.querySelector("[role=listbox]");
  const status = box.querySelector("[role=status]");
  let found = [];
  let active = -1;

  function close() {
    list.hidden = true;
    input.setAttribute("aria-expanded", "false");
    input.removeAttribute("aria-activedescendant");
    active = -1;
  }

  function mark(place) {
    list.children[active]?.removeAttribute("aria-selected");
    active = place;
    const option = list.children[active];
    if (!option) return;
    option.setAttribute("aria-selected", "true");
    option.scrollIntoView({ block: "nearest" });
    input.setAttribute("aria-activedescendant", option.id);
  }

  // Names that begin with what was typed come first, then those of which a word does, then all others that hold it.
  function rank(name, typed) {
    if (name.startsWith(typed)) return 0;
    if (name.includes(` ${typed}`)) return 1;
    return typed.split(" ").every((word) => name.includes(word)) ? 2 : -1;
  }

  async function search() {
    const typed = plain(input.value.trim());
    if (!typed) {
      status.textContent = "";
      close();
      return;
    }
    const all = await options();
    if (plain(input.value.trim()) !== typed) return;
    const ranked = [];
    for (const option of all) {
      option.plain ??= plain(option.name);
      const place = rank(option.plain, typed);
      if (place >= 0) ranked.push([place, option]);
    }
    ranked.sort((one, other) => one[0] - other[0]);
    found = ranked.slice(0, most).map((one) => one[1]);
    list.replaceChildren(
      ...found.map((option, place) => {
        const item = make("li", { role: "option", id: `${list.id}-${place}` }, option.name);
        if (option.more) item.append(make("small", {}, option.more));
        item.addEventListener("mousedown", (event) => event.preventDefault());
        item.addEventListener("click", () => take(place));
        return item;
      }),
    );
    const words = ranked.length ? fill(box.dataset.found, { count: count(ranked.length) }) : box.dataset.none;
    status.textContent = words;
    list.hidden = !found.length;
    input.setAttribute("aria-expanded", String(found.length > 0));
    active = -1;
    if (found.length) mark(0);
  }

  function take(place) {
    const option = found[place];
    if (!option) return;
    close();
    input.value = "";
    status.textContent = "";
    pick(option);
  }

  input.addEventListener("input", search);
  input.addEventListener("focus", () => void options());
  input.addEventListener("blur", close);
  input.addEventListener("keydown", (event) => {
    const last = found.length - 1;
    const open = !list.hidden;
    if (event.key === "ArrowDown" && open) mark(active < last ? active + 1 : 0);
    else if (event.key === "ArrowUp" && open) mark(active > 0 ? active - 1 : last);
    else if (event.key === "Enter" && open) take(active);
    else if (event.key === "Escape") {
      if (!open) input.value = "";
      close();
    } else return;
    event.preventDefault();
  });
};
