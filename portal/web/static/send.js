// The form's files are on their way as soon as they are chosen, dropped or pasted, and go on after a
// dropped line. Without this script the same form takes them with a press of a button.
"use strict";

(() => {
  const form = document.getElementById("letter");
  if (!form || typeof tus === "undefined" || !tus.isSupported) return;

  const CHUNK_BYTES = 8 * 1000 * 1000;
  const AT_ONCE = 3;
  const RETRIES_MS = [0, 1000, 3000, 5000, 10000, 20000, 30000];
  const rows = document.getElementById("rows");
  const said = document.getElementById("said");
  const overall = document.getElementById("overall");
  const bar = document.getElementById("overall-bar");
  const line = document.getElementById("overall-said");
  const pauseAll = document.getElementById("pause-all");
  const jobs = []; // {file, upload, state, sent, row, ...} of this page, in their order
  let began = 0;
  let before = 0; // bytes that were here already when the clock began
  let loading = Promise.resolve();

  const say = (text) => {
    if (said.textContent !== text) said.textContent = text;
  };
  const counted = (count, one, many) => `${count} ${count === 1 ? one : many}`;
  const of = (state) => jobs.filter((job) => job.state === state);
  const live = () => jobs.filter((job) => job.state !== "gone");

  function left(seconds) {
    if (!Number.isFinite(seconds)) return "";
    if (seconds < 60) return "less than a minute left";
    const minutes = Math.round(seconds / 60);
    if (minutes < 60) return `about ${counted(minutes, "minute", "minutes")} left`;
    return `about ${counted(Math.round(minutes / 60), "hour", "hours")} left`;
  }

  function element(name, attributes, ...children) {
    const made = document.createElement(name);
    for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
    made.append(...children);
    return made;
  }

  // -- one file ----------------------------------------------------------------------------------

  function add(file) {
    // One that stopped goes on, where it is the same by name and size.
    const stopped = [...rows.querySelectorAll("li[data-id]")].find(
      (row) =>
        row.dataset.name === file.name &&
        Number(row.dataset.length) === file.size &&
        Number(row.dataset.offset) < file.size &&
        !jobs.some((job) => job.id === row.dataset.id),
    );
    const job = { file, state: "waiting", sent: 0, id: stopped ? stopped.dataset.id : null };
    job.upload = new tus.Upload(file, {
      endpoint: "/send/uploads",
      uploadUrl: stopped ? `/send/uploads/${stopped.dataset.id}` : null,
      chunkSize: CHUNK_BYTES,
      retryDelays: RETRIES_MS,
      // What is on its way is on the server's own list: nothing is kept in the browser.
      storeFingerprintForResuming: false,
      metadata: { filename: file.name, filetype: file.type || "application/octet-stream" },
      // The order of the list is that in which they begin.
      onUploadUrlAvailable: () => {
        job.placed = true;
        next();
      },
      onProgress: (sent) => {
        job.sent = sent;
        draw(job);
      },
      onError: (error) => failed(job, error),
      onSuccess: () => {
        job.state = "whole";
        job.sent = file.size;
        job.id = job.upload.url.split("/").pop();
        finished();
      },
    });
    job.row = rowOf(job);
    if (stopped) stopped.hidden = true;
    job.stopped = stopped;
    jobs.push(job);
  }

  function rowOf(job) {
    const name = element("bdi", { class: "file" });
    name.textContent = job.file.name;
    job.progress = element("progress", { max: "100", value: "0" });
    job.progress.setAttribute("aria-label", job.file.name);
    job.words = element("span", { class: "going-words" }, "Waits");
    job.pause = element("button", { type: "button", class: "quiet" });
    job.cancel = element("button", { type: "button", class: "quiet" });
    label(job.pause, "Pause", job.file.name);
    label(job.cancel, "Cancel", job.file.name);
    job.pause.addEventListener("click", () => (job.state === "paused" ? goOn(job) : pause(job)));
    job.cancel.addEventListener("click", () => cancel(job));
    const row = element(
      "li",
      { class: "going" },
      element("div", { class: "chosen-head" }, element("h3", {}, name), job.pause, job.cancel),
      job.progress,
      element("p", { class: "as" }, job.words),
    );
    list().append(row);
    return row;
  }

  function list() {
    let going = document.getElementById("going");
    if (!going) {
      going = element("ol", { id: "going", class: "chosen" });
      rows.after(going);
    }
    return going;
  }

  function label(button, text, name) {
    const hidden = element("span", { class: "unseen" });
    hidden.textContent = ` ${name}`;
    button.replaceChildren(text, hidden);
  }

  function pause(job) {
    if (job.state !== "going" && job.state !== "waiting") return;
    const was = job.state;
    job.state = "paused";
    if (was === "going") job.upload.abort();
    label(job.pause, "Go on", job.file.name);
    draw(job);
    next();
  }

  function goOn(job) {
    job.state = "waiting";
    label(job.pause, "Pause", job.file.name);
    draw(job);
    next();
  }

  function cancel(job) {
    const started = Boolean(job.upload.url);
    job.state = "gone";
    Promise.resolve(started ? job.upload.abort(true) : job.upload.abort())
      .catch(() => {})
      .then(refreshed);
    job.row.remove();
    if (job.stopped) job.stopped.hidden = false;
    say(`${job.file.name} was cancelled`);
    document.getElementById("your-files").focus();
    next();
  }

  function failed(job, error) {
    job.state = "failed";
    let why = "It stopped. Press Go on.";
    const answer = error.originalResponse;
    if (answer) {
      try {
        const problem = JSON.parse(answer.getBody());
        why = `${problem.title}. ${problem.detail}`;
        job.code = problem.code;
      } catch {
        // No words of ours: those above stand.
      }
    }
    job.words.textContent = why;
    job.words.className = "going-words wrong";
    if (job.code === "address_not_proven") {
      const code = element("button", { name: "do", value: "code", type: "submit" });
      code.textContent = "Send me a code";
      job.words.after(" ", code);
    }
    label(job.pause, "Go on", job.file.name);
    job.state = "paused";
    say(`${job.file.name}: ${why}`);
    drawAll();
    next();
  }

  function next() {
    while (of("going").length < AT_ONCE && of("going").every((job) => job.placed)) {
      const job = of("waiting")[0];
      if (!job) break;
      job.state = "going";
      job.words.className = "going-words";
      job.upload.start();
    }
    drawAll();
  }

  function finished() {
    const all = live();
    const whole = of("whole");
    say(
      whole.length === all.length
        ? all.length === 1
          ? "The file is uploaded"
          : `All ${all.length} files uploaded`
        : `${whole.length} of ${all.length} uploaded`,
    );
    refreshed();
    next();
  }

  // -- what is shown -----------------------------------------------------------------------------

  function draw(job) {
    const percent = job.file.size ? Math.floor((job.sent * 100) / job.file.size) : 0;
    job.progress.value = percent;
    if (job.state === "going") job.words.textContent = `${percent}%`;
    if (job.state === "paused") job.words.textContent = `Paused at ${percent}%`;
    if (job.state === "waiting") job.words.textContent = "Waits";
    drawAll();
  }

  function drawAll() {
    const all = live();
    const open = all.filter((job) => job.state !== "whole");
    overall.hidden = open.length === 0;
    if (!open.length) {
      began = 0;
      return;
    }
    const bytes = all.reduce((sum, job) => sum + job.file.size, 0);
    const sent = all.reduce((sum, job) => sum + job.sent, 0);
    if (!began && of("going").length) {
      began = Date.now();
      before = sent;
    }
    const percent = bytes ? Math.floor((sent * 100) / bytes) : 0;
    bar.value = percent;
    const speed = (sent - before) / ((Date.now() - began) / 1000);
    const time = of("going").length && speed > 0 ? `, ${left((bytes - sent) / speed)}` : "";
    line.textContent = `${percent}%${time}`;
    pauseAll.textContent = of("going").length || of("waiting").length ? "Pause all" : "Go on with all";
  }

  // The server says what each file will be filed as; what was typed at the others stays.
  function refreshed() {
    loading = loading.then(async () => {
      const answer = await fetch("/send", { headers: { "X-Casebridge-Refresh": "1" } });
      if (!answer.ok) return;
      const page = new DOMParser().parseFromString(await answer.text(), "text/html");
      const fresh = page.getElementById("rows");
      if (!fresh) return;
      const focused = document.activeElement && document.activeElement.id;
      const typed = new Map(
        [...rows.querySelectorAll("select, input")].map((one) => [one.name, one.value]),
      );
      for (const one of fresh.querySelectorAll("select, input")) {
        if (typed.has(one.name)) one.value = typed.get(one.name);
      }
      for (const job of jobs) {
        if (job.state === "whole" && fresh.querySelector(`#file-${job.id}`)) job.row.remove();
        const row = job.id && job.state !== "whole" && fresh.querySelector(`#file-${job.id}`);
        if (row && job.state !== "gone") row.hidden = true;
      }
      for (const row of fresh.querySelectorAll("li[data-id]")) {
        // Ours, on their way at this moment: they have a row of their own.
        const url = `/send/uploads/${row.dataset.id}`;
        const isGoing = jobs.some(
          (job) =>
            job.state !== "whole" && job.state !== "gone" && (job.upload.url || "").endsWith(url),
        );
        if (isGoing) row.hidden = true;
      }
      const going = document.getElementById("going");
      if (going && !going.children.length) going.remove();
      rows.replaceChildren(...[...fresh.childNodes].map((node) => document.adoptNode(node)));
      if (focused && rows.querySelector(`[id="${focused}"]`)) {
        document.getElementById(focused).focus();
      }
    });
    loading = loading.catch(() => {});
    return loading;
  }

  // -- choosing ----------------------------------------------------------------------------------

  function take(files) {
    const chosen = [...files];
    if (!chosen.length) return;
    chosen.forEach(add);
    say(`${counted(chosen.length, "file", "files")} added`);
    const none = rows.querySelector(".empty-files");
    if (none) none.hidden = true;
    next();
  }

  for (const input of form.querySelectorAll("input[type=file]")) {
    input.addEventListener("change", () => {
      take(input.files);
      input.value = "";
    });
  }
  form.querySelector(".add").hidden = true;
  form.querySelector(".drop-hint").hidden = false;
  document.documentElement.classList.add("scripted");

  addEventListener("dragover", (event) => {
    if (![...event.dataTransfer.types].includes("Files")) return;
    event.preventDefault();
    document.documentElement.classList.add("dropping");
  });
  addEventListener("dragleave", (event) => {
    if (!event.relatedTarget) document.documentElement.classList.remove("dropping");
  });
  addEventListener("drop", (event) => {
    document.documentElement.classList.remove("dropping");
    if (!event.dataTransfer.files.length) return;
    event.preventDefault();
    take(event.dataTransfer.files);
  });
  addEventListener("paste", (event) => {
    if (event.clipboardData && event.clipboardData.files.length) {
      event.preventDefault();
      take(event.clipboardData.files);
    }
  });
  pauseAll.addEventListener("click", () => {
    if (of("going").length || of("waiting").length) {
      [...of("waiting"), ...of("going")].forEach(pause);
    } else {
      of("paused").forEach(goOn);
    }
    drawAll();
  });

  // The page is left while files are on their way: they stop, and are here on the way back. Continue
  // waits for them, so that nobody has to choose them again.
  let pressed = null;
  form.addEventListener("submit", (event) => {
    const button = event.submitter;
    const open = live().filter((job) => job.state === "going" || job.state === "waiting");
    if (!open.length || pressed || !button || button.value !== "go") return;
    event.preventDefault();
    pressed = button;
    say("The next page comes as soon as the files are here");
    document.getElementById("go").textContent = "Continues when the files are here";
    const wait = setInterval(async () => {
      if (live().some((job) => job.state === "going" || job.state === "waiting")) return;
      clearInterval(wait);
      await loading;
      form.requestSubmit(pressed);
    }, 200);
  });
  addEventListener("beforeunload", (event) => {
    if (!pressed && live().some((job) => job.state === "going")) event.preventDefault();
  });

  const problem = document.getElementById("problem");
  if (problem) problem.focus();
})();
