// The page: asks both models about a headline and shows what they write, how fast, and how large they are.
import { Model } from "./model.js";
import { Tokenizer } from "./tokenizer.js";

const MOST = 48;
// The smallest module that uses a 128-bit instruction; a browser without wasm SIMD does not accept it.
const SIMD = [0, 97, 115, 109, 1, 0, 0, 0, 1, 5, 1, 96, 0, 1, 123, 3, 2, 1, 0, 10, 10, 1, 8, 0, 65, 0, 253, 15, 253, 98, 11];
const part = (id) => document.getElementById(id);
const open = new Map();
let about, tokenizer;

function say(text, wrong = false) {
  part("status").textContent = text;
  part("status").classList.toggle("wrong", wrong);
}

// Models of one precision are kept open; those of another are let go, so that a phone holds no more than it needs.
async function models(precision) {
  for (const [key, model] of open) {
    if (key.endsWith(precision)) continue;
    await model.session.release();
    open.delete(key);
  }
  for (const name of ["base", "tuned"]) {
    const key = `${name}-${precision}`;
    if (!open.has(key)) open.set(key, await Model.open(about.models[key]));
    part(`${name}-size`).textContent = `${(open.get(key).size / 1e6).toFixed(1)} MB`;
  }
  return ["base", "tuned"].map((name) => [name, open.get(`${name}-${precision}`)]);
}

async function ask(name, model, headline) {
  const field = part(`${name}-answer`);
  const prompt = tokenizer.encode(about.before + headline + about.after);
  if (prompt.length + MOST > model.context) throw new Error(`The headline is too long: ${prompt.length} tokens.`);
  const tokens = [];
  field.textContent = "";
  field.dataset.tokens = "";
  const started = performance.now();
  for await (const token of model.answer(prompt, MOST)) {
    tokens.push(token);
    field.textContent = tokenizer.decode(tokens);
    await new Promise((next) => setTimeout(next)); // lets the browser draw
  }
  const seconds = (performance.now() - started) / 1000;
  field.dataset.tokens = tokens.join(" ");
  part(`${name}-speed`).textContent = `${((tokens.length + 1) / seconds).toFixed(0)} tokens/s`;
  return field.textContent;
}

async function answer(event) {
  event?.preventDefault();
  const headline = part("headline").value.trim();
  const precision = part("precision").value;
  if (!headline) return say("Type a headline first.", true);
  part("ask").disabled = true;
  document.body.dataset.state = "busy";
  try {
    say(`Opening the ${precision} models …`);
    const said = [];
    for (const [name, model] of await models(precision)) said.push(`${name}: ${await ask(name, model, headline)}`);
    say(`Answered in ${precision}; ${said.join(" / ")}`);
  } catch (error) {
    const missing = error instanceof TypeError || /: (404|503|504)$/.test(error.message);
    say(missing ? `The ${precision} models are not stored on this device yet, and there is no network.` : error.message, true);
  } finally {
    part("ask").disabled = false;
    document.body.dataset.state = "ready";
  }
}

async function start() {
  part("unserved").remove(); // a page opened as a file never gets here, since browsers run no module from one
  if (typeof WebAssembly !== "object" || !WebAssembly.validate(new Uint8Array(SIMD)))
    throw new Error("This browser has no WebAssembly SIMD: use Chrome 91, Firefox 89, Safari 16.4 or newer.");
  [about, tokenizer] = await Promise.all(
    ["page.json", "tokenizer.json"].map(async (name) => (await fetch(name)).json()),
  ).then(([page, file]) => [page, new Tokenizer(file)]);
  part("form").addEventListener("submit", answer);
  for (const button of document.querySelectorAll("button.example"))
    button.addEventListener("click", () => ((part("headline").value = button.textContent), answer()));
  const stored = await store();
  await models(part("precision").value);
  part("ask").disabled = false;
  say(stored ? "Ready. Everything is on this device: the network may go off now." : "Ready. This browser does not store the page.");
  document.body.dataset.state = "ready";
}

// True once the service worker holds the page, so that it opens without a network.
async function store() {
  if (!("serviceWorker" in navigator)) return false;
  await navigator.serviceWorker.register("worker.js");
  await navigator.serviceWorker.ready;
  return true;
}

start().catch((error) => {
  say(error.message, true);
  document.body.dataset.state = "failed";
});
