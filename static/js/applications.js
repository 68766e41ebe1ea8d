/* The application form saves itself; what cannot be saved is kept in this browser. Works with the buttons alone too. */
(() => {
  const form = document.querySelector("form[data-autosave]");
  if (!form) return;
  const state = form.querySelector("[data-save-state]");
  const token = form.querySelector("[name=csrf_token]").value;
  const key = (id) => `application:${form.dataset.application}:${id}`;
  const fields = new Map();
  for (const field of form.querySelectorAll("[name^=q_]")) fields.set(field.name.slice(2), field.name);
  const text = (id) => {
    const field = form.elements[fields.get(id)];
    return field.value ?? "";
  };
  const setText = (id, value) => {
    form.elements[fields.get(id)].value = value;
    count(id);
  };
  const base = (id) => form.elements[`base_${id}`];
  const dirty = new Set();
  let timer, pause = 2000, isSaving = false, isLeaving = false;

  // What the browser refuses to store is only kept on the page.
  const keep = (id, isSent = false) => { try { localStorage.setItem(key(id), JSON.stringify({ text: text(id), base: base(id).value, isSent })); } catch { /* full or forbidden */ } };
  const kept = (id) => { try { return JSON.parse(localStorage.getItem(key(id))); } catch { return null; } };
  const forget = (id) => { try { localStorage.removeItem(key(id)); } catch { /* forbidden */ } };

  const say = (what, detail = "", action = null) => {
    state.textContent = state.dataset[what] + detail;
    state.classList.toggle("save-state--failed", !["saved", "saving", "restored"].includes(what));
    if (action) state.append(" ", action);
  };
  const retryButton = () => {
    const button = document.createElement("button");
    button.type = "button";
    button.className = "button button--secondary button--small";
    button.textContent = state.dataset.retry;
    button.addEventListener("click", save);
    return button;
  };
  const signInLink = () => {
    const link = document.createElement("a");
    link.href = state.dataset.signInUrl;
    link.textContent = state.dataset.signIn;
    return link;
  };

  const count = (id) => {
    const shown = form.querySelector(`[data-words-of="q_${id}"]`);
    if (!shown) return;
    const words = countWords(text(id));
    shown.querySelector("[data-count]").textContent = words;
    shown.classList.toggle("word-count--over", words > Number(shown.dataset.most));
  };

  const showConflict = (id, other) => {
    const place = base(id).closest(".question");
    place.querySelector(".conflict")?.remove();
    const block = document.getElementById("conflict").content.cloneNode(true).firstElementChild;
    block.querySelector("blockquote").textContent = other || "–";
    block.querySelector("[data-mine]").addEventListener("click", () => { block.remove(); dirty.add(id); save(); });
    block.querySelector("[data-theirs]").addEventListener("click", () => { block.remove(); setText(id, other); dirty.delete(id); forget(id); });
    place.append(block);
  };

  async function save() {
    clearTimeout(timer);
    if (isSaving || !dirty.size || isLeaving) return;
    isSaving = true;
    const sent = new Map([...dirty].map((id) => [id, text(id)]));
    const answers = Object.fromEntries([...sent].map(([id, typed]) => [id, { text: typed, base: base(id).value }]));
    say("saving");
    try {
      const response = await fetch(form.dataset.autosave, {
        method: "POST", keepalive: JSON.stringify(answers).length < 60000,
        headers: { "Content-Type": "application/json", Accept: "application/json", "X-CSRFToken": token },
        body: JSON.stringify({ answers }),
      });
      const answer = await response.json().catch(() => ({}));
      if (response.status === 200 || (response.status === 409 && answer.marks)) {
        for (const [id, mark] of Object.entries(answer.marks)) {
          const isConflict = id in answer.conflicts;
          if (isConflict) { dirty.delete(id); showConflict(id, answer.conflicts[id]); keep(id); }
          base(id).value = mark;
          if (!isConflict && text(id) === sent.get(id)) { dirty.delete(id); forget(id); }
        }
        pause = 2000;
        if (response.status === 409) say("conflict"); else say("saved", ` ${answer.saved_at}`);
      } else if (response.status === 401 || response.status === 400) {
        say("signedOut", "", signInLink());
      } else if (response.status === 422) {
        say("refused", ` ${answer.error ?? ""}`);
        dirty.clear();
      } else if (response.status === 409 || response.status === 404 || response.status === 403) {
        state.textContent = answer.error ?? state.dataset.refused;
      } else {
        throw new Error(response.status);
      }
    } catch {
      say("failed", "", retryButton());
      pause = Math.min(pause * 2, 60000);
      timer = setTimeout(save, pause);
    } finally {
      isSaving = false;
    }
    if (dirty.size && pause === 2000) timer = setTimeout(save, pause);
  }

  form.addEventListener("input", (event) => {
    const id = event.target.name?.startsWith("q_") ? event.target.name.slice(2) : null;
    if (!id) return;
    dirty.add(id);
    keep(id);
    count(id);
    clearTimeout(timer);
    timer = setTimeout(save, pause);
  });
  document.addEventListener("visibilitychange", () => { if (document.visibilityState === "hidden") save(); });

  form.addEventListener("submit", (event) => {
    const file = form.querySelector("input[type=file]");
    if (file?.files[0]?.size > Number(file?.dataset.mostBytes) && event.submitter?.value !== "remove-deck") {
      event.preventDefault();
      event.stopImmediatePropagation();
      delete form.dataset.sent;
      form.removeAttribute("aria-busy");
      file.setCustomValidity(file.dataset.tooBig);
      file.reportValidity();
      file.setCustomValidity("");
      return;
    }
    isLeaving = true;
    for (const id of dirty) keep(id, true);
  });

  // Text that never reached the server comes back; what did, or was sent and then changed by others, is forgotten.
  let restored = 0;
  for (const id of fields.keys()) {
    const one = kept(id);
    if (!one) continue;
    if (typeof one.text !== "string" || one.text === text(id)) { forget(id); continue; }
    if (one.isSent && one.base !== base(id).value) { forget(id); continue; }
    setText(id, one.text);
    base(id).value = one.base;
    dirty.add(id);
    restored += 1;
  }
  for (const id of fields.keys()) count(id);
  if (restored) { say("restored"); timer = setTimeout(save, 500); }
})();
