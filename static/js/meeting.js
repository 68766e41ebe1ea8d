/* The screens of a meeting: asks every other second whether there is anything new, and brings it. Without this file the Refresh link does. */
(() => {
  const main = document.querySelector("main");
  const root = () => main.querySelector("[data-meeting]");
  if (!root()) return;
  const NEAR = 2000;
  const FAR = 30000;
  let wait = NEAR;
  let timer = 0;

  // What was typed and not sent, by the field it stands in; the fields of another dossier have other names.
  const typed = () => {
    const kept = new Map();
    for (const field of main.querySelectorAll("input[id], textarea[id]")) {
      if (field.type === "radio" || field.type === "checkbox") { if (field.checked !== field.defaultChecked) kept.set(field.id, field.checked); }
      else if (field.value !== field.defaultValue) kept.set(field.id, field.value);
    }
    return kept;
  };
  const restore = (kept) => {
    for (const [id, value] of kept) {
      const field = document.getElementById(id);
      if (!field) continue;
      if (typeof value === "boolean") field.checked = value; else field.value = value;
    }
  };

  // What the chair writes while the meeting goes on is kept in this window until it is sent.
  const keyOf = (field) => `meeting:${location.pathname}:${field.id}`;
  const restoreKept = () => {
    for (const field of main.querySelectorAll("[data-keep]")) {
      const kept = sessionStorage.getItem(keyOf(field));
      if (kept !== null && field.value === field.defaultValue) field.value = kept;
    }
  };
  main.addEventListener("input", (event) => { if (event.target.matches("[data-keep]")) sessionStorage.setItem(keyOf(event.target), event.target.value); });
  main.addEventListener("submit", (event) => { for (const field of event.target.querySelectorAll("[data-keep]")) sessionStorage.removeItem(keyOf(field)); });
  restoreKept();

  const bring = async () => {
    const answer = await fetch(root().dataset.page, { headers: { Accept: "text/html" } });
    if (answer.redirected || !answer.ok) { location.assign(answer.redirected ? answer.url : root().dataset.page); return; }
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const fresh = page.querySelector("main");
    if (!fresh?.querySelector("[data-meeting]")) { location.assign(root().dataset.page); return; }
    if (main.querySelector("form[data-sent]")) return;
    const kept = typed();
    const details = new Map([...main.querySelectorAll("details[id]")].map((one) => [one.id, one.open]));
    const focused = document.activeElement?.id;
    main.replaceChildren(...fresh.childNodes);
    document.title = page.title;
    restore(kept);
    restoreKept();
    for (const [id, open] of details) { const one = document.getElementById(id); if (one) one.open = open; }
    if (focused) document.getElementById(focused)?.focus({ preventScroll: true });
    for (const one of main.querySelectorAll("[role=status]")) { const said = one.textContent; one.textContent = ""; requestAnimationFrame(() => { one.textContent = said; }); }
  };

  const look = async () => {
    clearTimeout(timer);
    if (document.hidden) return;
    try {
      const here = root();
      const answer = await fetch(here.dataset.state, { cache: "no-store", headers: { Accept: "application/json", "If-None-Match": `"${here.dataset.stamp}"` } });
      if ([401, 403, 404].includes(answer.status)) { location.reload(); return; }
      if (answer.status !== 304) {
        if (!answer.ok) throw new Error(String(answer.status));
        if ((await answer.json()).stamp !== here.dataset.stamp) await bring();
      }
      wait = NEAR;
    } catch { wait = Math.min(wait * 2, FAR); }
    timer = setTimeout(look, wait + Math.random() * 400);
  };
  document.addEventListener("visibilitychange", () => { if (!document.hidden) look(); });
  timer = setTimeout(look, wait);

  // Keys press the button that shows them.
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.repeat || event.target.closest("input:not([type=radio]), textarea, select, [contenteditable]")) return;
    const button = [...main.querySelectorAll("[data-key]")].find((one) => one.dataset.key === event.key.toLowerCase());
    if (button) { event.preventDefault(); button.click(); }
  });
})();
