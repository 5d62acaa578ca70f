// While files are being checked, ask for the live part of the page again and put the new one in its
// place. Without this script the page is the same; one reloads it by hand.
"use strict";

(() => {
  const EVERY_SECONDS = 2;
  const AT_MOST_MS = 10 * 60 * 1000;
  const began = Date.now();

  const live = () => document.getElementById("live");
  // What it says of itself. Nothing more is asked for once it no longer says what it waits for.
  const waits = () => "waits" in live().dataset;
  const said = () => live().dataset.said || "";
  // Whoever is choosing a filter is left alone.
  const isInUse = () => live().contains(document.activeElement);

  async function refresh() {
    if (!waits() || Date.now() - began > AT_MOST_MS) return;
    if (!document.hidden && !isInUse()) {
      const before = said();
      const answer = await fetch(live().dataset.from || location.href, {
        headers: { "X-Casebridge-Refresh": "1" },
        redirect: "error",
      });
      if (!answer.ok) return;
      const page = new DOMParser().parseFromString(await answer.text(), "text/html");
      if (!isInUse()) {
        live().replaceWith(document.adoptNode(page.getElementById("live")));
        if (said() !== before) document.getElementById("said").textContent = said();
      }
    }
    soon();
  }

  // A server that does not answer ends the asking: the page stays as it is.
  function soon() {
    const seconds = Number(live().dataset.every || EVERY_SECONDS);
    setTimeout(() => refresh().catch(() => {}), seconds * 1000);
  }

  soon();
})();
