// While letters are being checked, ask for the list again and put the new one in its place.
// Without this script the page is the same; one reloads it by hand.
"use strict";

(() => {
  const EVERY_MS = 2000;
  const AT_MOST_MS = 10 * 60 * 1000;
  const began = Date.now();

  const live = () => document.getElementById("live");
  const checking = () => Number(live().dataset.checking || 0);
  // Whoever is choosing a filter is left alone.
  const isInUse = () => live().contains(document.activeElement);

  async function refresh() {
    const before = checking();
    if (before === 0 || Date.now() - began > AT_MOST_MS) return;
    if (!document.hidden && !isInUse()) {
      const answer = await fetch(location.href, {
        headers: { "X-Casebridge-Refresh": "1" },
        redirect: "error",
      });
      if (!answer.ok) return;
      const page = new DOMParser().parseFromString(await answer.text(), "text/html");
      if (!isInUse()) {
        live().replaceWith(document.adoptNode(page.getElementById("live")));
        if (checking() !== before) say(checking());
      }
    }
    soon();
  }

  function say(count) {
    document.getElementById("said").textContent =
      count === 0 ? "Every file has been checked." : `${count} still being checked.`;
  }

  // A server that does not answer ends the asking: the page stays as it is.
  function soon() {
    setTimeout(() => refresh().catch(() => {}), EVERY_MS);
  }

  soon();
})();
