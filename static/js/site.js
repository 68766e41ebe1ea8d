/* Small comforts on every page; everything works without them. */
(() => {
  // One press, one act: the button of a form that is on its way rests.
  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (form.method !== "post" || event.defaultPrevented) return;
    if (form.dataset.sent) { event.preventDefault(); return; }
    form.dataset.sent = "1";
    form.setAttribute("aria-busy", "true");
  });
  window.addEventListener("pageshow", () => {
    for (const form of document.querySelectorAll("form[data-sent]")) {
      delete form.dataset.sent;
      form.removeAttribute("aria-busy");
    }
  });

  // The list of errors is read first.
  document.querySelector("[data-focus-first]")?.focus();

  // "/" goes to the page's search field.
  document.addEventListener("keydown", (event) => {
    const typing = event.target.closest("input, textarea, select, [contenteditable]");
    const search = document.querySelector("input[type=search]");
    if (event.key === "/" && !typing && search) { event.preventDefault(); search.focus(); }
  });

  // A menu closes when the reader goes elsewhere.
  document.addEventListener("click", (event) => {
    for (const menu of document.querySelectorAll("details.account-menu[open]")) {
      if (!menu.contains(event.target)) menu.open = false;
    }
  });

  // The colours follow the device until the reader chooses.
  const toggle = document.querySelector("form[action*='/colours/']");
  if (toggle && document.documentElement.dataset.theme === "auto" && document.documentElement.dataset.bsTheme === "dark") {
    toggle.action = toggle.action.replace(/dark$/, "light");
  }
})();
