/* The scorecard by keyboard: points, running total, autosave that outlives a reload and a signed-out browser. */
(() => {
  const prune = (keep) => {
    for (const key of Object.keys(localStorage)) {
      if (key.startsWith("review:") && !keep.has(key.split(":")[2])) localStorage.removeItem(key);
    }
  };
  const desk = document.querySelector("[data-desk]");
  if (desk) prune(new Set(desk.dataset.keep.split(/\s+/)));

  const card = document.querySelector("[data-scorecard]");
  if (!card) return;
  const words = (name, values = {}) =>
    Object.entries(values).reduce((text, [key, value]) => text.replace(`{${key}}`, value), card.dataset[`words${name}`]);
  const criteria = [...card.querySelectorAll("[data-criterion]")];
  const comment = card.querySelector("[name=comment]");
  const advice = card.querySelector("[name=advice]");
  const state = card.querySelector("[data-save-state]");
  const total = card.querySelector("[data-total]");
  const language = document.documentElement.lang === "en" ? "en-GB" : document.documentElement.lang;
  const chosen = (criterion) => criterion.querySelector("input:checked");

  // The running weighted total.
  const showTotal = () => {
    const scored = criteria.filter(chosen);
    const weight = scored.reduce((sum, one) => sum + Number(one.dataset.weight), 0);
    const points = scored.reduce((sum, one) => sum + Number(one.dataset.weight) * Number(chosen(one).value), 0);
    const number = weight ? (points / weight).toLocaleString(language, { minimumFractionDigits: 2, maximumFractionDigits: 2 }) : "–";
    total.hidden = false;
    total.replaceChildren(Object.assign(document.createElement("strong"), { textContent: number }),
      ` / ${total.dataset.highest} · ${words("Scored", { done: scored.length, total: criteria.length })}`);
  };

  // What is typed, here and on the server.
  const typed = () => ({ scores: Object.fromEntries(criteria.filter(chosen).map((one) => [chosen(one).name, chosen(one).value])), comment: comment.value, advice: advice.value });
  const put = (kept) => {
    for (const input of card.querySelectorAll("input[type=radio]")) input.checked = kept.scores[input.name] === input.value;
    comment.value = kept.comment;
    advice.value = kept.advice || "";
    showTotal();
  };
  const same = (one, other) => JSON.stringify(one) === JSON.stringify(other);
  const key = card.dataset.key;
  let stamp = Number(card.dataset.stamp);
  let changes = 0;
  let seconds = 0;
  let timer = 0;
  let isSaving = false;
  let isOver = false;
  const say = (text, link) => {
    state.textContent = text;
    if (link) state.append(" ", Object.assign(document.createElement("a"), { href: card.dataset.signIn, textContent: link }));
  };
  const keepHere = () => localStorage.setItem(key, JSON.stringify({ ...typed(), stamp }));
  const answer = (sent) => {
    const body = new FormData(card);
    body.set("seconds", String(sent));
    return body;
  };
  const save = async () => {
    if (isSaving) return;
    isSaving = true;
    const [seen, sent] = [changes, seconds];
    say(words("Saving"));
    let pause = 0;
    try {
      const response = await fetch(card.dataset.autosave, { method: "POST", headers: { Accept: "application/json" }, body: answer(sent) });
      const told = await response.json().catch(() => ({}));
      if (response.ok) {
        stamp = told.stamp;
        seconds -= sent;
        if (seen === changes) localStorage.removeItem(key); else keepHere();
        say(words("Saved", { time: new Date(stamp * 1000).toLocaleTimeString(language, { hour: "2-digit", minute: "2-digit" }) }));
      } else if ([400, 401, 403].includes(response.status)) {
        say(words("SignedOut"), words("SignIn"));
      } else if (response.status >= 500 || response.status === 429) {
        throw new Error(response.status);
      } else {
        say(told.error || String(response.status));
      }
    } catch {
      say(words("Kept"));
      pause = 5000;
    }
    isSaving = false;
    if (pause || seen !== changes) { clearTimeout(timer); timer = setTimeout(save, pause || 600); }
  };
  const changed = () => {
    changes += 1;
    showTotal();
    keepHere();
    clearTimeout(timer);
    timer = setTimeout(save, 800);
  };
  card.addEventListener("input", (event) => { if (event.target.type !== "hidden") changed(); });

  // What this browser kept and the server never got comes back; if the server has something newer, on request.
  const kept = JSON.parse(localStorage.getItem(key) || "null");
  const restore = card.querySelector("[data-restore]");
  const bringBack = () => { put(kept); restore.hidden = true; say(words("Restored")); changes += 1; keepHere(); timer = setTimeout(save, 800); };
  if (kept && same({ scores: kept.scores, comment: kept.comment, advice: kept.advice || "" }, typed())) localStorage.removeItem(key);
  else if (kept && kept.stamp >= stamp) bringBack();
  else if (kept) { restore.hidden = false; restore.addEventListener("click", bringBack); }
  showTotal();

  // Time of work: seconds in which the page is in front and somebody reads, types or scrolls.
  let lastSign = Date.now();
  for (const sign of ["keydown", "pointermove", "pointerdown", "scroll", "wheel", "touchstart"]) {
    document.addEventListener(sign, () => { lastSign = Date.now(); }, { passive: true, capture: true });
  }
  setInterval(() => { if (document.visibilityState === "visible" && Date.now() - lastSign < 60000) seconds += 1; }, 1000);
  card.addEventListener("submit", () => { isOver = true; clearTimeout(timer); card.querySelector("[name=seconds]").value = String(seconds); });
  window.addEventListener("pagehide", () => {
    if (!isOver && localStorage.getItem(key)) navigator.sendBeacon(card.dataset.autosave, answer(seconds));
  });

  // The card fills the window from where it stands, so that its total and its buttons stay in sight.
  const fit = () => card.style.setProperty("--card-top", `${Math.max(16, card.parentElement.getBoundingClientRect().top)}px`);
  for (const sign of ["scroll", "resize"]) window.addEventListener(sign, fit, { passive: true });
  fit();

  // By keyboard.
  const current = () => criteria.findIndex((one) => one.contains(document.activeElement));
  const go = (index) => {
    if (index < 0) return;
    if (index >= criteria.length) { comment.focus(); comment.scrollIntoView({ block: "nearest" }); return; }
    (chosen(criteria[index]) || criteria[index].querySelector("input")).focus({ preventScroll: true });
    criteria[index].scrollIntoView({ block: "nearest" });
  };
  const open = (selector) => {
    const details = document.querySelector(selector);
    if (!details) return;
    details.open = true;
    (details.querySelector("textarea") || details.querySelector("summary")).focus();
  };
  document.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
      if (event.target.closest(".step-back")) return;
      event.preventDefault();
      card.requestSubmit();
      return;
    }
    if (event.ctrlKey || event.metaKey || event.altKey || event.target.closest("textarea, select, input:not([type=radio])")) return;
    const at = current();
    if (/^[0-9]$/.test(event.key)) {
      const index = at >= 0 ? at : criteria.findIndex((one) => !chosen(one));
      const input = criteria[index]?.querySelector(`input[value="${event.key}"]`);
      if (!input) return;
      event.preventDefault();
      input.checked = true;
      changed();
      go(index + 1);
    } else if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      if (at < 0) return;
      event.preventDefault();
      go(at + (event.key === "ArrowDown" ? 1 : -1));
    } else if (event.key === "?") {
      const help = card.querySelector("[data-keys]");
      help.open = !help.open;
      if (help.open) help.scrollIntoView({ block: "nearest" });
    } else if (event.key.toLowerCase() === "s") {
      card.querySelector("[data-skip]")?.click();
    } else if (event.key.toLowerCase() === "c") {
      event.preventDefault();
      open("[data-conflict]");
    }
  });
})();
