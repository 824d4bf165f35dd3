"use strict";
// Draws /status.json again and again. Everything that comes from there is put in as text.
const EVERY = 2000, STORE = "assistant-key", KINDS = ["inline", "chat", "media", "batch"], ROWS = 40;
const SVG = "http://www.w3.org/2000/svg", HEIGHT = 112, LEFT = 44, BOTTOM = 18, TOP = 6;
const at = id => document.getElementById(id);

function el(name, properties = {}, ...children) {
  const made = document.createElement(name);
  Object.assign(made, properties);
  made.append(...children);
  return made;
}
function svg(name, attributes, ...children) {
  const made = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  made.append(...children);
  return made;
}
const number = value => value == null ? "–" : value >= 10000 ? Math.round(value).toLocaleString("en")
  : value >= 100 ? String(Math.round(value)) : String(Math.round(value * 10) / 10);
const large = value => value.toLocaleString("en");
const share = (part, whole) => whole ? `${Math.floor(100 * part / whole)}%` : "–";
function span(seconds) {
  const units = [[86400, "d"], [3600, "h"], [60, "min"], [1, "s"]];
  const [size, unit] = units.find(([size]) => seconds >= size) || [1, "s"];
  return `${Math.floor(seconds / size)} ${unit}`;
}

function sums(data) {
  const prompt = data.engines.reduce((sum, e) => sum + e.tokens.prompt, 0);
  const cached = data.engines.reduce((sum, e) => sum + e.tokens.cached, 0);
  const shown = {
    requests: large(data.sums.requests), "prompt tokens from cache": share(cached, prompt),
    refused: large(data.sums.refused), failed: large(data.sums.failed),
    superseded: large(data.sums.superseded), "client left": large(data.sums.gone),
  };
  at("sums").replaceChildren(...Object.entries(shown).map(([name, value]) =>
    el("div", {}, el("dt", {}, name), el("dd", {}, value))));
}

const STATE = { ready: "good", failed: "bad", starting: "wait" };
function engine(one) {
  const { prompt, cached, generated } = one.tokens;
  const lines = [`${one.serves} on ${one.device}`];
  if (one.active) lines.push(`${one.active} under way or waiting`);
  if (one.adapters.length) lines.push(`adapters: ${one.adapters.join(", ")}`);
  const card = el("div", { className: "card" },
    el("h3", {}, one.name, el("span", { className: STATE[one.state] || "dim" }, `● ${one.state}`)),
    el("p", {}, one.model), el("p", { className: "dim" }, lines.join(" · ")));
  if (one.detail && one.state !== "ready") card.append(el("p", { className: STATE[one.state] || "dim" }, one.detail));
  if (prompt) card.append(el("p", { className: "dim" },
    `${large(prompt)} prompt tokens, ${share(cached, prompt)} cached · ${large(generated)} generated`));
  return card;
}

function lane(one) {
  const slots = el("span", { className: "slots", title: `${one.running} of ${one.slots} slots` });
  for (let i = 0; i < Math.min(one.slots, 32); i++)
    slots.append(el("i", { className: i < one.running * Math.min(1, 32 / one.slots) ? "on" : "" }));
  const wait = one.waiting ? `, ${one.waiting} wait` : "";
  return el("div", { className: `lane k-${one.kind}` }, el("span", { className: "kind" }, one.kind), slots,
    el("span", { className: one.waiting >= one.queue && one.waiting ? "bad" : one.waiting ? "wait" : "dim",
      title: `${one.waiting} of ${one.queue} places in the queue` }, `${one.running}/${one.slots}${wait}`));
}

// The least of 1, 2 and 5 times a power of ten that is not below the value.
function ceiling(value) {
  const power = 10 ** Math.floor(Math.log10(Math.max(value, 1)));
  return [1, 2, 5, 10].map(factor => factor * power).find(bound => bound >= value);
}

function plot(kind, title, points, p50, p95, latency, width) {
  const top = ceiling(Math.max(...points.map(p => p[p95])));
  const step = (width - LEFT - 4) / latency.shown;
  const x = p => width - 4 - step * p[0];
  const y = value => HEIGHT - BOTTOM - (HEIGHT - BOTTOM - TOP) * value / top;
  const drawn = svg("svg", { viewBox: `0 0 ${width} ${HEIGHT}`, role: "img" });
  const last = points[points.length - 1];
  const words = `${number(last[p50])} / ${number(last[p95])} ms`;
  drawn.setAttribute("aria-label", `${kind}, ${title}: p50 and p95 now ${words}`);
  for (const value of [0, top / 2, top]) drawn.append(
    svg("line", { class: "grid", x1: LEFT, x2: width, y1: y(value), y2: y(value) }),
    svg("text", { x: LEFT - 6, y: y(value) + 4, "text-anchor": "end" }, number(value)));
  drawn.append(svg("text", { x: LEFT, y: HEIGHT - 3 }, `${span(latency.shown * latency.span_seconds)} ago`),
    svg("text", { x: width, y: HEIGHT - 3, "text-anchor": "end" }, "now"));
  for (const [name, which] of [["p95", p95], ["p50", p50]]) {
    let path = "";
    points.forEach((p, i) => { // A span without requests is a gap.
      const follows = i && points[i - 1][0] === p[0] + 1, precedes = points[i + 1]?.[0] === p[0] - 1;
      path += `${follows ? "L" : "M"}${x(p).toFixed(1)} ${y(p[which]).toFixed(1)}`;
      if (!follows && !precedes) drawn.append(svg("circle", { cx: x(p), cy: y(p[which]), r: name === "p50" ? 2.5 : 1.5 }));
    });
    drawn.append(svg("path", { class: name, d: path }));
  }
  for (const p of points) drawn.append(svg("rect",
    { class: "hit", x: x(p) - step / 2, y: TOP, width: step, height: HEIGHT - BOTTOM - TOP },
    svg("title", {}, `p50 ${number(p[p50])} ms, p95 ${number(p[p95])} ms of ${p[1]} requests, ` +
      `${p[0] ? `${span(p[0] * latency.span_seconds)} ago` : "now"}`)));
  return el("figure", { className: `k-${kind}` }, el("figcaption", {},
    el("b", { className: "kind" }, kind), title, line("p50", last[p50]), line("p95", last[p95])), drawn);
}

function line(name, value) {
  return el("span", { className: `dim legend ${name}` }, `${name} ${number(value)}`);
}

function latency(data) {
  const area = at("latency"), drawn = [];
  const width = Math.max(280, area.clientWidth < 730 ? area.clientWidth : (area.clientWidth - 24) / 2);
  // As far back as there is anything to see, in steps of minutes.
  const oldest = Math.max(...Object.values(data.latency.kinds).map(points => points[0]?.[0] ?? 0));
  const minute = Math.max(1, Math.round(60 / data.latency.span_seconds));
  data.latency.shown = Math.min(data.latency.spans, Math.max(2, Math.ceil(oldest / minute)) * minute);
  for (const kind of KINDS) {
    const points = data.latency.kinds[kind] || [];
    if (points.length) drawn.push(el("div", { className: "plots" },
      plot(kind, "first byte", points, 2, 3, data.latency, width),
      plot(kind, "whole answer", points, 4, 5, data.latency, width)));
  }
  if (!drawn.length) drawn.push(el("p", { className: "dim" }, "No answers in that time."));
  // What the mouse is on must not go away under it.
  if (!area.querySelector(".hit:hover")) area.replaceChildren(...drawn);
}

function request(one) {
  const words = one.outcome.replaceAll("_", " ") || (one.status < 400 ? "" : "refused");
  const status = one.status ? `${one.status} ${words}`.trim() : words || "–";
  const bad = one.status >= 500 || (words && words !== "gone" && words !== "superseded");
  const tokens = one.prompt_tokens || one.generated_tokens
    ? `${large(one.prompt_tokens)} (${share(one.cached_tokens, one.prompt_tokens)}) → ${large(one.generated_tokens)}` : "–";
  return el("tr", { title: `${one.path} ${one.id}` },
    el("td", {}, new Date(one.time * 1000).toLocaleTimeString("en", { hour12: false })),
    el("td", { className: "more" }, one.key),
    el("td", { className: `kind k-${one.kind}` }, one.kind || "–"),
    el("td", { className: "model more", title: one.model }, one.model || "–"),
    el("td", { className: "status " + (bad ? "bad" : words ? "dim" : "good") }, status),
    ...["queue_ms", "first_byte_ms"].map(name => el("td", { className: "number more" }, number(one[name]))),
    el("td", { className: "number" }, number(one.ms)), el("td", { className: "number" }, tokens));
}

function draw(data) {
  at("about").textContent = `version ${data.version} · up ${span(data.up_seconds)}` + (data.draining ? " · shutting down" : "");
  at("shown").hidden = false;
  sums(data);
  at("engines").replaceChildren(...data.engines.map(engine));
  at("queues").replaceChildren(...data.devices.map(device =>
    el("div", { className: "card" }, el("h3", {}, device.device), ...device.kinds.map(lane))));
  latency(data);
  at("recent").replaceChildren(...data.recent.slice(0, ROWS).map(request));
  document.body.dataset.polls = Number(document.body.dataset.polls || 0) + 1;
}

let timer = 0;
function later() {
  clearTimeout(timer);
  if (!document.hidden) timer = setTimeout(poll, EVERY);
}
function ask(why) {
  at("shown").hidden = true;
  at("about").textContent = "a key is needed";
  at("why").textContent = why;
  if (at("ask").hidden) { at("ask").hidden = false; at("key").focus(); }
}
async function poll() {
  const key = sessionStorage.getItem(STORE);
  try {
    const answer = await fetch("status.json", { headers: key ? { Authorization: `Bearer ${key}` } : {}, cache: "no-store" });
    if (answer.status === 401 || answer.status === 403) {
      sessionStorage.removeItem(STORE);
      ask(key ? (answer.status === 401 ? "This key is not known here." : "This key lacks the scope admin.") : "");
      return; // Until there is another key.
    }
    if (!answer.ok) throw new Error(`status ${answer.status}`);
    at("ask").hidden = true;
    draw(await answer.json());
    document.body.classList.remove("stale");
  } catch (error) {
    document.body.classList.add("stale");
    at("about").textContent = `no answer from the gateway (${error.message})`;
  }
  later();
}
at("ask").addEventListener("submit", event => {
  event.preventDefault();
  sessionStorage.setItem(STORE, at("key").value.trim());
  at("key").value = "";
  poll();
});
document.addEventListener("visibilitychange", () => { clearTimeout(timer); if (!document.hidden) poll(); });
poll();
