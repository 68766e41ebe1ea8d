/* Deadlines: the last day counted down by the second, and the deadline on the visitor's own clock. */
(() => {
  const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
  const language = document.documentElement.lang === "en" ? "en-GB" : document.documentElement.lang;
  for (const mark of document.querySelectorAll("[data-closes-at]")) {
    const closes = new Date(mark.dataset.closesAt);
    const shape = { dateStyle: "long", timeStyle: "short", hourCycle: "h23" };
    const local = closes.toLocaleString(language, shape);
    if (local !== closes.toLocaleString(language, { ...shape, timeZone: "Europe/Paris" })) {
      const here = document.createElement("span");
      here.className = "time-left__here";
      here.textContent = mark.dataset.here.replace("{local}", local).replace("{zone}", zone);
      mark.after(document.createElement("br"), here);
    }
    const count = () => {
      const seconds = Math.floor((closes - Date.now()) / 1000);
      if (seconds >= 86400) return;
      if (seconds <= 0) { mark.textContent = mark.dataset.over; clearInterval(timer); return; }
      const two = (number) => String(number).padStart(2, "0");
      mark.textContent = `${two(Math.floor(seconds / 3600))}:${two(Math.floor(seconds / 60) % 60)}:${two(seconds % 60)} ${mark.dataset.left}`;
    };
    const timer = setInterval(count, 1000);
    count();
  }
})();
