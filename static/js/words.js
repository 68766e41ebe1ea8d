/* Counts words as the server does: rules/applications.py, count_words. One rule, two places, one test. */
globalThis.countWords = (() => {
  const spaces = "\\t-\\r \\u0085\\u00a0\\u1680\\u2000-\\u200b\\u2028\\u2029\\u202f\\u205f\\u3000\\ufeff";
  const marks = "!-/:-@\\[-`{-~\\u00a1\\u00a7\\u00ab\\u00b7\\u00bb\\u00bf\\u2010-\\u2027\\u2030-\\u205e";
  const separator = new RegExp(`[${spaces}]+`);
  const letter = new RegExp(`[^${spaces}${marks}]`);
  return (text) => text.split(separator).filter((piece) => letter.test(piece)).length;
})();
