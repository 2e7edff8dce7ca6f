// What the other scripts share: files of data, which work from a folder too since they are scripts, and texts with names.
// Pages can be read without any of this; what needs a script is hidden until a script shows it.
"use strict";

window.attendance = (() => {
  const given = new Map();
  const waiting = new Map();

  // A file of data calls this with its own name.
  function give(name, value) {
    given.set(name, value);
    for (const resolve of waiting.get(name)?.resolves ?? []) resolve(value);
    waiting.delete(name);
  }

  // The value of a file of data, fetched when it is first needed.
  function need(name, address) {
    if (given.has(name)) return Promise.resolve(given.get(name));
    return new Promise((resolve, reject) => {
      if (waiting.has(name)) {
        waiting.get(name).resolves.push(resolve);
        return;
      }
      waiting.set(name, { resolves: [resolve] });
      const script = document.createElement("script");
      script.src = address;
      script.onerror = () => reject(new Error(address));
      document.head.append(script);
    });
  }

  // "{shown} of {count} rows" with its names filled in.
  function fill(text, values) {
    return text.replace(/\{(\w+)\}/g, (all, name) => values[name] ?? all);
  }

  // For comparing words: small letters without accents.
  function plain(text) {
    return text.normalize("NFD").replace(/[\u0300-\u036f]/g, "").toLowerCase();
  }

  function count(number) {
    return String(number).replace(/\B(?=(\d{3})+$)/g, ",");
  }

  // The part of the address that tells which rows were chosen; a way to a part of the page is none.
  function chosen() {
    return location.hash.includes("=") ? location.hash : "";
  }

  function make(tag, attributes = {}, ...children) {
    const element = document.createElement(tag);
    for (const [name, value] of Object.entries(attributes)) {
      if (value !== false) element.setAttribute(name, value === true ? "" : value);
    }
    element.append(...children);
    return element;
  }

  return { give, need, fill, plain, count, chosen, make };
})();
