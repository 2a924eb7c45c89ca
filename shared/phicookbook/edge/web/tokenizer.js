// Byte-level BPE as Hugging Face's tokenizers does it, for tokenizer.json files like pocket's.
//   const tokenizer = new Tokenizer(await (await fetch("tokenizer.json")).json());
//   tokenizer.encode("Hello"); tokenizer.decode([46, 2]);

// GPT-2's pattern, with Unicode's white space instead of JavaScript's.
const WORDS =
  /'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\p{White_Space}\p{L}\p{N}]+|\p{White_Space}+(?!\P{White_Space})|\p{White_Space}+/gu;

// The character that stands for each byte: printable ones for themselves, the others from 256 up.
function byteCharacters() {
  const characters = [];
  for (let byte = 0, next = 256; byte < 256; byte++) {
    const printable = (byte >= 33 && byte <= 126) || (byte >= 161 && byte <= 172) || byte >= 174;
    characters.push(String.fromCharCode(printable ? byte : next++));
  }
  return characters;
}

export class Tokenizer {
  constructor(file) {
    this.checkKind(file);
    this.ids = new Map(Object.entries(file.model.vocab));
    this.texts = new Map([...this.ids].map(([text, id]) => [id, text]));
    this.ranks = new Map(file.model.merges.map((pair, rank) => [Array.isArray(pair) ? pair.join(" ") : pair, rank]));
    this.added = new Map(file.added_tokens.map((token) => [token.content, token.id]));
    this.special = new Set(file.added_tokens.filter((token) => token.special).map((token) => token.id));
    this.addedTexts = new Map(file.added_tokens.map((token) => [token.id, token.content]));
    const longestFirst = [...this.added.keys()].sort((a, b) => b.length - a.length);
    this.split = new RegExp(`(${longestFirst.map((text) => text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&")).join("|")})`, "u");
    this.characters = byteCharacters();
    this.bytes = new Map(this.characters.map((character, byte) => [character, byte]));
    this.known = new Map();
  }

  // Only what pocket's tokenizer.json uses is understood; another kind is refused rather than read wrongly.
  checkKind(file) {
    const kinds = (file.pre_tokenizer?.pretokenizers ?? [file.pre_tokenizer]).map((each) => each?.type);
    const plain = file.model?.type === "BPE" && !file.normalizer && !file.model.byte_fallback;
    if (!plain || kinds.join() !== "Digits,ByteLevel") {
      throw new Error("tokenizer.json is no byte-level BPE with single digits, which is all that this page reads");
    }
  }

  encode(text) {
    const ids = [];
    for (const part of text.split(this.split)) {
      if (this.added.has(part)) ids.push(this.added.get(part));
      else for (const piece of part.split(/(\p{N})/u)) for (const word of piece.match(WORDS) ?? []) ids.push(...this.word(word));
    }
    return ids;
  }

  word(word) {
    if (!this.known.has(word)) this.known.set(word, this.merge(word));
    return this.known.get(word);
  }

  // Joins the pair that was learned first, again and again, until no known pair is left.
  merge(word) {
    let parts = [...new TextEncoder().encode(word)].map((byte) => this.characters[byte]);
    while (parts.length > 1) {
      const rank = (place) => this.ranks.get(`${parts[place]} ${parts[place + 1]}`) ?? Infinity;
      let best = 0;
      for (let place = 1; place < parts.length - 1; place++) if (rank(place) < rank(best)) best = place;
      if (rank(best) === Infinity) break;
      parts = [...parts.slice(0, best), parts[best] + parts[best + 1], ...parts.slice(best + 2)];
    }
    return parts.map((part) => this.ids.get(part));
  }

  decode(ids) {
    const bytes = [];
    for (const id of ids) {
      if (this.special.has(id)) continue;
      if (this.addedTexts.has(id)) bytes.push(...new TextEncoder().encode(this.addedTexts.get(id)));
      else bytes.push(...[...(this.texts.get(id) ?? "")].map((character) => this.bytes.get(character)));
    }
    return new TextDecoder().decode(new Uint8Array(bytes));
  }
}
