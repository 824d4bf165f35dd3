// Runs inside the sandbox: tries versions of one module, each in a worker that can be ended.
//
// Standard input holds JSON: {word, path, versions, cases, mode, seconds, patience, lines, quote,
// common, whole}. `versions` are paths of files, `cases` {call, want, raises, message, digits};
// `mode` is "note" (say what each call gives) or "judge" (say whether each gives what is wanted);
// `common` says that the module is CommonJS, `whole` names what it exports by default. For each
// version one line goes to standard output: `word`, then JSON {fault, exports, results, lines}.

import { readFileSync, writeSync } from 'node:fs';
import { resolve } from 'node:path';
import { Worker } from 'node:worker_threads';

const asked = JSON.parse(readFileSync(0, 'utf8'));
const { word, ...question } = asked;

const LOADING = 10; // seconds of CPU time, for the module and what it imports
const HANGING = 3; // calls of one version that may take too long
const SLEEPING = 20; // seconds by the clock between two signs of life

function spent(since) {
  const { user, system } = process.cpuUsage(since);
  return (user + system) / 1e6;
}

// From where `seen` ends, to the end of the cases or to one that does not come back.
function goneOn(version, seen) {
  return new Promise((resolved) => {
    let done = resolved;
    let loaded = false;
    const worker = new Worker(new URL('./worker.mjs', import.meta.url), {
      workerData: { ...question, version: resolve(version), first: seen.results.length },
      execArgv: ['--enable-source-maps', '--import', new URL('./register.mjs', import.meta.url).href],
      resourceLimits: { maxOldGenerationSizeMb: 256 },
      stdout: true,
      stderr: true,
    });
    let since = process.cpuUsage();
    const began = since;
    let allowed = LOADING;
    // This thread does nothing: the process's time is the worker's.
    const clock = setInterval(() => {
      if (spent(since) > allowed || spent(began) > LOADING + asked.patience) end('it took too long');
    }, 50);
    const end = (why) => {
      clearInterval(clock);
      clearTimeout(asleep);
      if (done === null) return;
      if (!loaded) seen.fault ||= why;
      else if (seen.results.length < asked.cases.length) {
        seen.results.push({ failed: why });
        seen.lines.push([]);
      }
      const ended = done;
      done = null;
      worker.terminate().then(ended);
    };
    const asleep = setTimeout(end, 1000 * SLEEPING, 'it took too long');
    const wait = () => {
      since = process.cpuUsage();
      allowed = asked.seconds;
      asleep.refresh();
    };
    worker.on('message', (message) => {
      if (done === null) return;
      if (message.exports) [loaded, seen.exports] = [true, message.exports];
      else if (message.fault) return end(message.fault);
      else {
        seen.results.push(message.result);
        seen.lines.push(message.lines ?? []);
      }
      if (loaded && seen.results.length === asked.cases.length) end('');
      else wait();
    });
    worker.on('error', (error) => end(`${error?.name ?? 'Error'}: ${error?.message ?? error}`));
    worker.on('exit', () => end('it ended early'));
  });
}

for (const version of asked.versions) {
  const seen = { fault: '', exports: null, results: [], lines: [] };
  for (let turn = 0; turn < HANGING && !seen.fault; turn += 1) {
    await goneOn(version, seen);
    if (seen.results.length >= asked.cases.length) break;
  }
  writeSync(1, `${word}${JSON.stringify(seen)}\n`);
}
process.exit(0);
