// An exported model in the browser: onnxruntime-web runs the graph, greedy decoding with a cache is ours.
import * as ort from "./ort/ort.wasm.min.mjs";

ort.env.wasm.wasmPaths = new URL("./ort/", import.meta.url).href;
ort.env.wasm.numThreads = 1; // more would need headers that a plain file server does not send
ort.env.logLevel = "error";

const integers = (numbers) => new ort.Tensor("int64", BigInt64Array.from(numbers, BigInt), [1, numbers.length]);

async function bytes(address) {
  const answer = await fetch(address);
  if (!answer.ok) throw new Error(`${address}: ${answer.status}`);
  return new Uint8Array(await answer.arrayBuffer());
}

export class Model {
  // `about` is an entry of page.json: folder, layers, heads, head, ends, context.
  static async open(about) {
    const [graph, data] = await Promise.all(["model.onnx", "model.onnx.data"].map((name) => bytes(`${about.folder}/${name}`)));
    const session = await ort.InferenceSession.create(graph, {
      executionProviders: ["wasm"],
      externalData: [{ path: "model.onnx.data", data }],
    });
    return new Model(about, session, graph.length + data.length);
  }

  constructor(about, session, size) {
    Object.assign(this, about, { session, size });
  }

  empty() {
    const cache = {};
    for (let layer = 0; layer < this.layers; layer++)
      for (const kind of ["key", "value"])
        cache[`past_key_values.${layer}.${kind}`] = new ort.Tensor("float32", [], [1, this.heads, 0, this.head]);
    return cache;
  }

  // Yields the tokens of the greedy answer one by one, the end left out.
  async *answer(prompt, most) {
    let cache = this.empty();
    let read = prompt;
    let length = prompt.length;
    for (let step = 0; step < most && length < this.context; step++, length++) {
      const feeds = { input_ids: integers(read), attention_mask: integers(Array(length).fill(1)), ...cache };
      const out = await this.session.run(feeds);
      const token = best(out.logits);
      cache = {};
      for (const name of Object.keys(out))
        if (name.startsWith("present.")) cache[name.replace("present", "past_key_values")] = out[name];
      if (this.ends.includes(token)) return;
      yield token;
      read = [token];
    }
  }
}

// The most likely token at the last position of logits of shape (1, positions, vocabulary).
function best(logits) {
  const width = logits.dims[2];
  const last = logits.data.subarray(logits.data.length - width);
  let token = 0;
  for (let each = 1; each < width; each++) if (last[each] > last[token]) token = each;
  return token;
}
