/* Sets the colours before the first paint where the reader left the choice to the device. */
(() => {
  const root = document.documentElement;
  if (root.dataset.theme === "auto" && window.matchMedia("(prefers-color-scheme: dark)").matches) {
    root.dataset.bsTheme = "dark";
  }
})();
