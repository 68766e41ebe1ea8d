/* Follows a report on its way and opens the page anew when it has arrived. */
(() => {
  const box = document.querySelector("[data-report-progress]");
  if (!box) return;
  const look = async () => {
    try {
      const answer = await fetch(box.dataset.reportProgress, { headers: { Accept: "application/json" } });
      if (!answer.ok) { location.reload(); return; }
      const now = await answer.json();
      if (now.state === "done" || now.state === "failed") { location.reload(); return; }
      const bar = box.querySelector("[data-bar]");
      if (now.total) { bar.max = now.total; bar.value = now.done; }
      const step = box.querySelector("[data-step]");
      if (now.step && step.textContent !== now.step) step.textContent = now.step;
    } catch { /* the network is away: try again */ }
    setTimeout(look, 1000);
  };
  setTimeout(look, 800);
})();
