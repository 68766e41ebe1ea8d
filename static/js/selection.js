// The choice of a cohort: leaving with unsaved choices asks first; a waitlist position chooses the waitlist.
const form = document.querySelector("[data-choices]");
if (form) {
  let changed = false;
  form.addEventListener("input", (event) => {
    changed = true;
    const row = event.target.closest("tr");
    if (row && event.target.name.startsWith("position_") && event.target.value.trim()) {
      row.querySelector("input[type=radio][value=waitlist]").checked = true;
    }
  });
  form.addEventListener("submit", () => { changed = false; });
  window.addEventListener("beforeunload", (event) => { if (changed) event.preventDefault(); });
}
