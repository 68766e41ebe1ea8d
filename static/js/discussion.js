/* The names that can be told, one press away: a button writes "@First Last" where the cursor is. */
(() => {
  for (const group of document.querySelectorAll("[data-mentions]")) {
    const box = document.getElementById(group.dataset.mentions);
    if (!box) continue;
    for (const name of group.querySelectorAll("[data-name]")) name.hidden = true;
    for (const button of group.querySelectorAll("[data-mention]")) {
      button.hidden = false;
      button.addEventListener("click", () => {
        const before = box.value.slice(0, box.selectionStart);
        const gap = before && !/\s$/.test(before) ? " " : "";
        box.setRangeText(`${gap}@${button.dataset.mention} `, box.selectionStart, box.selectionEnd, "end");
        box.focus();
      });
    }
  }
})();
