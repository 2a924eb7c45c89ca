/* The presenter's desk: steps, clocks, keys, large type, and the recording in place of a demo that does not answer.
   It runs in the page and asks the server only whether the demos answer, so that it outlives the server. */
(() => {
  const ASK_EVERY = 750, GIVE_UP = 2800; // milliseconds; a demo that dies is replaced within five seconds
  const KEPT = "cookbook-presenter";
  const LOST = "The server of this page does not answer: start it again in the terminal, then reload this page.";
  const KEYS = { n: "next", p: "previous", s: "clock", f: "recorded", r: "reset", l: "large", h: "fold", k: "keys" };
  const fresh = () => ({ step: 0, running: false, spent: 0, inStep: 0, large: true, fold: false, keys: true });
  const state = { ...fresh(), ...JSON.parse(sessionStorage.getItem(KEPT) || "{}") };
  let shows = "", troubles = {}, seen = {}, misses = 0, last = performance.now(), asking = false, resetting = false;

  const one = (query) => document.querySelector(query), all = (query) => [...document.querySelectorAll(query)];
  const set = (node, text) => { if (node && node.textContent !== text) node.textContent = text; };
  const say = (text) => set(one("#desk-said"), text);
  const tab = () => one('[role=tab][aria-selected=true][id^="tab-"]')?.id.slice(4, -7) || "";
  const recording = (name) => one(`.recording[data-demo="${name}"]`);
  const steps = () => all(".desk-step");

  function clock(seconds) {
    const whole = Math.ceil(Math.abs(seconds) - 0.01), text = `${Math.floor(whole / 60)}:${String(whole % 60).padStart(2, "0")}`;
    return seconds < 0 ? `${text} over` : text;
  }

  function press(does, on, text) {
    const button = one(`[data-do=${does}]`);
    if (!button) return;
    if (button.getAttribute("aria-pressed") !== String(on)) button.setAttribute("aria-pressed", String(on));
    if (text) set(button.querySelector("span"), text);
  }

  function paint() {
    const desk = one("#desk"), present = steps()[state.step], body = document.body;
    if (!desk || !present) return;
    steps().forEach((each, place) => { each.hidden = place !== state.step; });
    all(".desk-list button").forEach((each, place) => {
      if (place === state.step) each.setAttribute("aria-current", "step"); else each.removeAttribute("aria-current");
    });
    const left = present.dataset.minutes * 60 - state.inStep, total = desk.dataset.total * 60 - state.spent;
    set(one("#desk-step-left"), clock(left));
    set(one("#desk-total-left"), clock(total));
    desk.classList.toggle("over", left < 0);
    body.classList.toggle("projector", state.large);
    if (state.large) body.classList.remove("dark");
    body.classList.toggle("folded", state.fold);
    body.classList.toggle("plays-recording", Boolean(shows) && shows === tab());
    all(".recording").forEach((each) => { each.hidden = each.dataset.demo !== shows || shows !== tab(); });
    press("clock", state.running, state.running ? "Stop clock" : "Start clock");
    press("recorded", shows !== "" && shows === tab(), shows && shows === tab() ? "Live demo" : "Recording");
    press("large", state.large);
    press("fold", state.fold, state.fold ? "Show script" : "Hide script");
    press("keys", state.keys, state.keys ? "Keys on" : "Keys off");
  }

  function keep() { sessionStorage.setItem(KEPT, JSON.stringify(state)); }

  function open(name) {
    const button = document.getElementById(`tab-${name}-button`);
    if (button && button.getAttribute("aria-selected") !== "true") button.click();
  }

  function go(step) {
    const count = steps().length;
    if (!count) return;
    state.step = Math.min(Math.max(step, 0), count - 1);
    state.inStep = 0;
    shows = "";
    delete seen[steps()[state.step].dataset.demo]; // a demo that is still in trouble is replaced again
    open(steps()[state.step].dataset.demo);
    toTop();
    say(`Step ${state.step + 1} of ${count}.`);
  }

  function toTop() { setTimeout(() => scrollTo(0, 0), 50); } // when the page has changed

  function play(name, why) {
    shows = name;
    const article = recording(name);
    set(article?.querySelector(".recording-why"), why);
    toTop();
  }

  // The recording of the demo on stage takes over when the demo is in trouble; once for each trouble, so that F leads back to it.
  function relieve() {
    const name = tab(), why = troubles[name];
    for (const each of Object.keys(seen)) if (!troubles[each]) delete seen[each];
    if (!why || seen[name] || !recording(name)) return;
    seen[name] = true;
    const day = recording(name).dataset.day;
    play(name, day ? `${why} What you see now is recorded: it was made on ${day}. F leads back to the demo.` : `${why} There is no recording.`);
    say("The demo does not answer: its recording has taken over.");
  }

  async function call(name, patience) {
    const address = new URL(`gradio_api/run/presenter_${name}`, document.baseURI);
    const options = { method: "POST", headers: { "content-type": "application/json" }, body: '{"data": []}' };
    const answer = await fetch(address, { ...options, signal: AbortSignal.timeout(patience) });
    if (!answer.ok) throw new Error(`status ${answer.status}`);
    return (await answer.json()).data[0];
  }

  async function ask() {
    if (asking || resetting || !one("#desk")) return;
    asking = true;
    try {
      troubles = (await call("state", GIVE_UP)) || {};
      misses = 0;
    } catch (error) { // one refused request may be chance; a server that kept us waiting so long is not
      misses += error.name === "TimeoutError" ? 2 : 1;
      if (misses > 1) troubles = Object.fromEntries(all(".recording").map((each) => [each.dataset.demo, LOST]));
    }
    asking = false;
    relieve();
    paint();
  }

  async function reset() {
    if (resetting) return;
    resetting = true;
    say("Resetting: jobs, files and answers are removed ...");
    try {
      const told = await call("reset", 120000);
      Object.assign(state, fresh(), { large: state.large, keys: state.keys });
      keep();
      sessionStorage.setItem(`${KEPT}-said`, told);
      location.reload();
    } catch (error) {
      resetting = false;
      say(`The reset did not work (${error.message}): try it again, or start the command anew.`);
    }
  }

  const does = {
    next: () => go(state.step + 1), previous: () => go(state.step - 1), reset,
    clock: () => { state.running = !state.running; },
    recorded: () => { if (shows && shows === tab()) shows = ""; else if (recording(tab())) play(tab(), ""); else say("This tab has no recording."); },
    large: () => { state.large = !state.large; }, fold: () => { state.fold = !state.fold; }, keys: () => { state.keys = !state.keys; },
  };

  document.addEventListener("click", (event) => {
    const button = event.target.closest?.("#desk [data-do]");
    if (button) { if (button.dataset.do === "go") go(Number(button.dataset.step)); else does[button.dataset.do](); }
    setTimeout(() => { relieve(); paint(); keep(); }, 0);
  });

  document.addEventListener("keydown", (event) => {
    const typing = event.target.closest?.("input:not([type=radio], [type=checkbox], [type=range]), textarea, select, [contenteditable=true]");
    if (event.ctrlKey || event.altKey || event.metaKey) return;
    let name = "";
    if (event.key === "PageDown") name = "next"; // what a clicker in the hand sends
    else if (event.key === "PageUp") name = "previous";
    else if (event.key === "Escape" && typing) typing.blur();
    else if (!typing && (state.keys || event.key.toLowerCase() === "k")) name = KEYS[event.key.toLowerCase()] || "";
    if (!name) return;
    event.preventDefault();
    if (event.repeat && name !== "next" && name !== "previous") return;
    does[name]();
    relieve();
    paint();
    keep();
  });

  function tick() {
    const now = performance.now();
    if (state.running) { state.spent += (now - last) / 1000; state.inStep += (now - last) / 1000; keep(); }
    last = now;
    paint();
  }

  setInterval(tick, 250);
  setInterval(ask, ASK_EVERY);
  const begun = setInterval(() => { // the page is built by Gradio, some time after this program has started
    if (!one("#desk")) return;
    clearInterval(begun);
    say(sessionStorage.getItem(`${KEPT}-said`) || "N, or a clicker's key, leads on; Esc leaves a box that you type in.");
    sessionStorage.removeItem(`${KEPT}-said`);
    paint();
  }, 100);
})();
