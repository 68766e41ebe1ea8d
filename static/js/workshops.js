/* At the door: the list narrows while one types. Without this script the search button does the same. */
(() => {
  const list = document.querySelector("[data-filtered-by]");
  const field = list && document.querySelector(`[role=search] input[name="${list.dataset.filteredBy}"]`);
  if (!field) return;
  const nobody = document.querySelector("[data-nobody-found]");
  const plain = (text) => text.normalize("NFD").replace(/\p{M}/gu, "").toLowerCase();
  const narrow = () => {
    const wanted = plain(field.value.trim());
    let shown = 0;
    for (const item of list.children) {
      item.hidden = !plain(item.textContent).includes(wanted);
      shown += item.hidden ? 0 : 1;
    }
    nobody.hidden = shown > 0;
  };
  field.addEventListener("input", narrow);
})();
