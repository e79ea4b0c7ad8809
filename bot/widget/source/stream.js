// Questions and ratings over HTTP. An answer comes as server-sent events, read from the body of a POST.

import { fill } from "./dom.js";

const SILENCE_MS = 120000;
const EVENTS = "text/event-stream";
const JSON_TYPE = "application/json";

/** Why there is no answer, as a sentence for the person who asked. */
export class Failure extends Error {}

/**
 * Ask, and hand each event to `on(name, data)` in the order in which it comes. Raises `Failure`; stopping by `signal`
 * raises an `AbortError`. Returns once the answer is complete.
 */
export async function ask(options, question, previous, signal, on) {
  const silence = new AbortController();
  const stop = () => silence.abort();
  signal.addEventListener("abort", stop);
  let timer = setTimeout(stop, SILENCE_MS);
  try {
    const response = await post(options, "/v1/ask", EVENTS, toRequest(options, question, previous), silence.signal);
    for await (const [name, data] of readEvents(response.body, () => {
      clearTimeout(timer);
      timer = setTimeout(stop, SILENCE_MS);
    })) {
      if (name === "error") throw new Failure(sentenceOf(data) || options.texts.lost);
      on(name, data);
      if (name === "answer") return;
    }
    throw new Failure(options.texts.lost);
  } catch (error) {
    if (error instanceof Failure || signal.aborted) throw error;
    throw new Failure(options.texts.lost);
  } finally {
    clearTimeout(timer);
    signal.removeEventListener("abort", stop);
    silence.abort();
  }
}

/** Send a rating of an answer, with `more` about it: reasons and a comment. Raises `Failure`. */
export async function rate(options, answer, thumb, more = {}) {
  await post(options, "/v1/feedback", JSON_TYPE, { id: answer, thumb, ...more });
}

function toRequest(options, question, previous) {
  const request = { question };
  if (previous.length) request.previous = previous;
  if (options.sources.length) request.sources = options.sources;
  if (options.version) request.version = options.version;
  if (options.docsLanguage) request.language = options.docsLanguage;
  return request;
}

async function post(options, path, accept, body, signal) {
  const headers = { "Content-Type": JSON_TYPE, Accept: accept };
  if (options.key) headers.Authorization = `Bearer ${options.key}`;
  let response;
  try {
    response = await fetch(options.api + path, {
      method: "POST",
      headers,
      body: JSON.stringify(body),
      signal,
      credentials: "omit",
      cache: "no-store",
      referrerPolicy: "no-referrer",
      redirect: "error",
    });
  } catch (error) {
    if (signal?.aborted) throw error;
    throw new Failure(await explain(options, signal));
  }
  if (response.ok) return response;
  const said = sentenceOf(await response.json().catch(() => null));
  throw new Failure(said || fill(options.texts.failed, { status: response.status }));
}

/**
 * Return why a request came to nothing. A browser does not say what it or the server refused to a page; a server that
 * is there, and whose answer no page may read, has refused this one.
 */
async function explain({ api, texts }, signal) {
  if (!navigator.onLine) return texts.offline;
  const quietly = { mode: "no-cors", credentials: "omit", cache: "no-store", referrerPolicy: "no-referrer", signal };
  const isThere = await fetch(`${api}/healthz`, quietly).then(() => true, () => false);
  return isThere ? texts.refused : texts.unreachable;
}

/** Return the sentence of an error: `{"error": {"message": "..."}}`. */
function sentenceOf(data) {
  const said = data?.error?.message;
  return typeof said === "string" ? said : "";
}

/** Yield [name, data] of each event in a body; data is read as JSON. `onBytes` is called whenever something came. */
async function* readEvents(body, onBytes) {
  const reader = body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = "";
  let name = "";
  let data = [];
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      onBytes();
      const lines = (rest + value).split(/\r\n|\n|\r(?!$)/);
      rest = lines.pop();
      for (const line of lines) {
        if (line.startsWith("event:")) name = line.slice(6).trim();
        else if (line.startsWith("data:")) data.push(line.slice(5));
        else if (!line && data.length) {
          yield [name, JSON.parse(data.join("\n"))];
          [name, data] = ["", []];
        }
      }
    }
  } finally {
    reader.cancel().catch(() => {});
  }
}
