// Runs inside the sandbox, one for each version; see driver.mjs.

import assert from 'node:assert/strict';
import inspector from 'node:inspector';
import { findSourceMap } from 'node:module';
import { pathToFileURL } from 'node:url';
import { types } from 'node:util';
import { parentPort, workerData } from 'node:worker_threads';

const { version, cases, mode, lines, quote, path, common, whole, first } = workerData;
const LONGEST = 240;
const say = parentPort.postMessage.bind(parentPort);
const IDENTIFIER = /^[\p{ID_Start}$_][\p{ID_Continue}$]*$/u;

function text(value) {
  const inner = JSON.stringify(value).slice(1, -1);
  return quote === '"' ? `"${inner}"` : `'${inner.replaceAll('\\"', '"').replaceAll("'", "\\'")}'`;
}

// An expression that is deeply equal to `value`; null where there is none, or a long one.
function literal(value, depth = 0) {
  const said = plain(value, depth);
  return said !== null && said.length <= LONGEST ? said : null;
}

function plain(value, depth) {
  if (value === null || value === undefined || typeof value === 'boolean') return String(value);
  if (typeof value === 'number') return Object.is(value, -0) ? '-0' : String(value);
  if (typeof value === 'bigint') return `${value}n`;
  if (typeof value === 'string') return text(value);
  if (typeof value !== 'object' || depth > 5 || types.isProxy(value)) return null;
  if (types.isDate(value)) return isNaN(value) ? null : `new Date(${text(value.toISOString())})`;
  const parts = (values) => {
    if (values.length > LONGEST) return null;
    const said = values.map((each) => literal(each, depth + 1));
    return said.includes(null) ? null : said.join(', ');
  };
  if (Array.isArray(value)) {
    if (Object.keys(value).length !== value.length) return null;
    const inner = parts(value);
    return inner === null ? null : `[${inner}]`;
  }
  if (types.isMap(value) || types.isSet(value)) {
    const inner = parts([...value]);
    const name = types.isMap(value) ? 'Map' : 'Set';
    return inner === null ? null : `new ${name}(${inner && `[${inner}]`})`;
  }
  if (Object.getPrototypeOf(value) !== Object.prototype) return null;
  if (Object.getOwnPropertySymbols(value).length) return null;
  const fields = Object.entries(value).map(([key, each]) => {
    const said = literal(each, depth + 1);
    return said && `${IDENTIFIER.test(key) && key !== '__proto__' ? key : text(key)}: ${said}`;
  });
  if (fields.includes(null)) return null;
  return fields.length ? `{ ${fields.join(', ')} }` : '{}';
}

// Where an error was made, if in this file: its line (1-based).
function lineOf(error) {
  const frame = String(error?.stack ?? '').split('\n').find((each) => /^\s+at /.test(each)) ?? '';
  const at = /\(?(?:file:\/\/)?(\/[^():]+):(\d+):\d+\)?$/.exec(frame);
  return at && decodeURI(at[1]) === version ? Number(at[2]) : 0;
}

const session = new inspector.Session();
const post = (method, params) => {
  let given;
  session.post(method, params, (error, result) => {
    if (error) throw error;
    given = result;
  });
  return given;
};

// The lines (1-based) of this version that ran since it was last asked.
function reached() {
  const script = post('Profiler.takePreciseCoverage').result.find((each) =>
    [version, pathToFileURL(version).href].includes(each.url));
  if (!script) return [];
  const source = post('Debugger.getScriptSource', { scriptId: script.scriptId }).scriptSource;
  const ran = new Uint8Array(source.length);
  for (const one of script.functions)
    for (const { startOffset, endOffset, count } of one.ranges)
      ran.fill(count ? 1 : 0, startOffset, endOffset);
  const map = findSourceMap(script.url) ?? findSourceMap(version);
  const found = new Set();
  let at = 0;
  for (const [row, line] of source.split('\n').entries()) {
    const column = line.length - line.trimStart().length;
    if (column < line.length && ran[at + column]) {
      const entry = map?.findEntry(row, column);
      found.add((entry?.originalLine ?? row) + 1);
    }
    at += line.length + 1;
  }
  return [...found];
}

// What the module gives, by name.
function exported(space) {
  const own = space.default;
  const scope = {};
  // A CommonJS module's exports are the properties of one object.
  if (common && own !== null && ['object', 'function'].includes(typeof own)) Object.assign(scope, own);
  for (const key of Object.keys(space)) if (key !== 'module.exports') scope[key] = space[key];
  if (whole && !(whole in scope)) scope[whole] = own;
  return scope;
}

function differs(value, one) {
  if (one.digits !== null && typeof value === 'number') {
    const want = Number(one.want);
    return Math.abs(value - want) < 0.5 * 10 ** -one.digits ? '' : shown(value, one.want);
  }
  const want = new Function(`return (${one.want});`)();
  try {
    assert.deepStrictEqual(value, want);
    return '';
  } catch {
    return shown(value, one.want);
  }
}

function shown(value, want) {
  return `gave ${literal(value) ?? `a ${value?.constructor?.name ?? typeof value}`}, not ${want}`;
}

async function tried(one, names, values) {
  let waited = false;
  try {
    let value = new Function(...names, `return (${one.call});`)(...values);
    if (value !== null && typeof value?.then === 'function') {
      waited = true;
      value = await value;
    }
    if (mode === 'judge')
      return { failed: one.raises ? `gave ${literal(value)}, no ${one.raises}` : differs(value, one) };
    const inexact = typeof value === 'number' && !Number.isInteger(value) && isFinite(value);
    return { value: literal(value), inexact, waited };
  } catch (error) {
    const name = error?.name ?? typeof error;
    const message = String(error?.message ?? error).slice(0, LONGEST);
    if (mode === 'judge') {
      const same = one.raises === name && (one.message === null || one.message === message);
      return { failed: same ? '' : `raised ${name}: ${message}` };
    }
    return { raises: name, message, line: lineOf(error), waited };
  }
}

async function main() {
  let space;
  try {
    space = await import(pathToFileURL(version).href);
  } catch (error) {
    const said = String(error?.message ?? error).split('\n')[0].replaceAll(version, path);
    say({ fault: `${error?.name ?? 'Error'}: ${said}` });
    return;
  }
  const scope = exported(space);
  const names = Object.keys(scope).filter((each) => IDENTIFIER.test(each) && each !== 'default');
  const values = names.map((each) => scope[each]);
  if (lines) {
    session.connect();
    post('Profiler.enable');
    post('Debugger.enable');
    post('Profiler.startPreciseCoverage', { callCount: true, detailed: true });
    post('Profiler.takePreciseCoverage');
  }
  say({ exports: names });
  for (const one of cases.slice(first)) {
    const result = await tried(one, names, values);
    say({ result, lines: lines ? reached() : null });
  }
}

await main();
