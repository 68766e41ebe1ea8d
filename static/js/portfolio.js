/* The composition board by mouse and by key. Every move is the board's own form, sent without leaving the page. */
(() => {
  const main = document.querySelector("main");
  if (!main.querySelector("[data-moves]")) return;
  const announcer = Object.assign(document.createElement("p"), { className: "visually-hidden" });
  announcer.setAttribute("role", "status");
  document.body.append(announcer);
  const keys = { a: "admit", w: "waitlist", o: "refuse" };
  let isSending = false;
  let dragged = null;

  const prepare = () => {
    for (const card of main.querySelectorAll("[data-card]")) { card.draggable = true; card.tabIndex = 0; }
    const help = main.querySelector("[data-help]");
    if (help) help.hidden = false;
  };

  // The answer is a whole page: its content takes the place of ours, the startup that moved keeps the focus.
  const show = async (response, id) => {
    const page = new DOMParser().parseFromString(await response.text(), "text/html");
    const fresh = page.querySelector("main");
    if (!fresh || !fresh.querySelector("[data-moves]")) { location.assign(response.url); return; }
    const typed = new Map([...main.querySelectorAll("[data-reasons] .form-control")].filter((field) => field.value !== field.defaultValue).map((field) => [field.id, field.value]));
    main.replaceChildren(...fresh.childNodes);
    document.title = page.title;
    for (const [name, value] of typed) { const field = document.getElementById(name); if (field) field.value = value; }
    prepare();
    const errors = main.querySelector("[data-focus-first]");
    const card = id && document.getElementById(`application-${id}`);
    if (errors) errors.focus();
    else if (card) { card.focus({ preventScroll: true }); card.scrollIntoView({ block: "nearest" }); }
    else main.focus({ preventScroll: true });
    announcer.textContent = [...main.querySelectorAll(".notices p, .notice--stop")].map((one) => one.textContent.trim()).join(" ");
  };
  const send = async (form, id, values = {}) => {
    if (isSending) return;
    isSending = true;
    main.setAttribute("aria-busy", "true");
    const body = new FormData(form);
    for (const [name, value] of Object.entries(values)) body.set(name, value);
    try {
      await show(await fetch(form.action, { method: "POST", body, headers: { Accept: "text/html" } }), id);
    } catch {
      for (const [name, value] of Object.entries(values)) form.append(Object.assign(document.createElement("input"), { type: "hidden", name, value }));
      form.submit();
    }
    isSending = false;
    main.removeAttribute("aria-busy");
  };
  const move = (value) => send(main.querySelector("[data-moves]"), value.split(":")[0], { move: value });

  main.addEventListener("submit", (event) => {
    const form = event.target;
    if (form.matches("[data-moves]") && event.submitter) { event.preventDefault(); move(event.submitter.value); }
    else if (form.matches("[data-swap]")) { event.preventDefault(); send(form, null); }
  });

  // By mouse.
  const clear = () => { for (const one of main.querySelectorAll(".board__column--over, .board-card--before")) one.classList.remove("board__column--over", "board-card--before"); };
  main.addEventListener("dragstart", (event) => {
    dragged = event.target.closest?.("[data-card]");
    if (!dragged) return;
    event.dataTransfer.effectAllowed = "move";
    event.dataTransfer.setData("text/plain", dragged.querySelector("a, b").textContent);
    dragged.classList.add("board-card--dragged");
  });
  main.addEventListener("dragover", (event) => {
    const zone = event.target.closest("[data-zone]");
    if (!dragged || !zone) return;
    event.preventDefault();
    clear();
    zone.classList.add("board__column--over");
    event.target.closest("[data-position]")?.classList.add("board-card--before");
  });
  main.addEventListener("drop", (event) => {
    const zone = event.target.closest("[data-zone]");
    if (!dragged || !zone) return;
    event.preventDefault();
    const [from, to, id] = [dragged.closest("[data-zone]").dataset.zone, zone.dataset.zone, dragged.dataset.card];
    const before = event.target.closest("[data-position]");
    if (to === "waitlist" && before && before !== dragged) move(`${id}:waitlist:${before.dataset.position}`);
    else if (from !== to) move(`${id}:${to}`);
  });
  main.addEventListener("dragend", () => { dragged?.classList.remove("board-card--dragged"); dragged = null; clear(); });

  // By keyboard, while a startup itself has the focus.
  main.addEventListener("keydown", (event) => {
    const card = event.target;
    if (!card.matches?.("[data-card]") || event.ctrlKey || event.metaKey || event.altKey) return;
    const zone = card.closest("[data-zone]");
    const to = keys[event.key.toLowerCase()];
    if (to) { event.preventDefault(); if (to !== zone.dataset.zone) move(`${card.dataset.card}:${to}`); return; }
    const cards = [...zone.querySelectorAll("[data-card]")];
    const zones = [...main.querySelectorAll("[data-zone]")].filter((one) => one.querySelector("[data-card]"));
    const at = cards.indexOf(card);
    const beside = (step) => zones[zones.indexOf(zone) + step]?.querySelectorAll("[data-card]");
    const near = (list) => list && (list[at] || list[list.length - 1]);
    const next = { ArrowDown: cards[at + 1], ArrowUp: cards[at - 1], ArrowRight: near(beside(1)), ArrowLeft: near(beside(-1)) }[event.key];
    if (next) { event.preventDefault(); next.focus(); }
  });

  prepare();
})();
