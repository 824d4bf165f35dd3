// Loads what bundlers and test runners load and Node alone does not: TypeScript, JSX, imports
// without a suffix, ES modules in a package that does not say so, JSON, assets.
//
// Types are taken out by Node itself where it can, else by the project's own typescript or esbuild.

import { readFileSync, statSync } from 'node:fs';
import * as nodeModule from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

const SUFFIXES = ['.ts', '.tsx', '.mts', '.js', '.jsx', '.mjs', '.cjs', '.json'];
const TYPED = /\.[cm]?tsx?$|\.jsx$/;
const ASSETS = /\.(css|scss|sass|less|svg|png|jpe?g|gif|webp)$/;
const ESM = /^\s*(?:import\s*[\w{*'"]|export\s+(?:default|const|let|var|function|class|async|\{|\*))/m;

function isFile(path) {
  return statSync(path, { throwIfNoEntry: false })?.isFile() ?? false;
}

function found(base) {
  if (isFile(base)) return base;
  const bare = base.replace(/\.([cm]?)jsx?$/, '');
  const whole = SUFFIXES.map((each) => base + each);
  const instead = bare === base ? [] : ['.ts', '.tsx', '.mts', '.cts'].map((each) => bare + each);
  const index = SUFFIXES.map((each) => join(base, `index${each}`));
  return [...instead, ...whole, ...index].find(isFile);
}

export async function resolve(specifier, context, next) {
  try {
    return await next(specifier, context);
  } catch (error) {
    let base;
    if (/^\.{0,2}\//.test(specifier) && context.parentURL?.startsWith('file:')) {
      base = join(dirname(fileURLToPath(context.parentURL)), specifier);
    } else if (specifier.startsWith('file:')) {
      base = fileURLToPath(specifier);
    } else if (/^[@~]\//.test(specifier)) {
      base = join(process.cwd(), 'src', specifier.slice(2)); // the usual alias
    }
    const path = base && found(base);
    if (!path) throw error;
    return { url: pathToFileURL(path).href, shortCircuit: true };
  }
}

const fromProject = nodeModule.createRequire(join(process.cwd(), 'package.json'));
let plainly;

function tool() {
  for (const [name, use] of [['typescript', byTypeScript], ['esbuild', byEsbuild]]) {
    try {
      return use(fromProject(name));
    } catch {
      continue;
    }
  }
  throw new Error(
    'this Node.js runs no TypeScript: install Node.js 22.13 or later, or typescript in the project',
  );
}

function byTypeScript(ts) {
  return (source, path) =>
    ts.transpileModule(source, {
      fileName: path,
      compilerOptions: {
        target: ts.ScriptTarget.ES2022,
        module: ts.ModuleKind.ESNext,
        jsx: ts.JsxEmit.ReactJSX,
        experimentalDecorators: true,
        inlineSourceMap: true,
      },
    }).outputText;
}

function byEsbuild(esbuild) {
  return (source, path) =>
    esbuild.transformSync(source, {
      loader: /x$/.test(path) ? 'tsx' : 'ts',
      format: 'esm',
      jsx: 'automatic',
      sourcemap: 'inline',
      sourcefile: path,
    }).code;
}

function withoutTypes(source, path) {
  if (nodeModule.stripTypeScriptTypes && !/x$/.test(path)) {
    try {
      return nodeModule.stripTypeScriptTypes(source);
    } catch {
      // enums and the like need more than taking out
    }
  }
  plainly ??= tool();
  return plainly(source, path);
}

export async function load(url, context, next) {
  const path = url.startsWith('file:') ? fileURLToPath(url) : '';
  const module = (source) => ({ format: 'module', source, shortCircuit: true });
  if (!path || path.includes('/node_modules/')) return next(url, context);
  if (TYPED.test(path)) return module(withoutTypes(readFileSync(path, 'utf8'), path));
  if (ASSETS.test(path)) return module('export default "";');
  if (path.endsWith('.json')) return module(`export default ${readFileSync(path, 'utf8')};`);
  if (path.endsWith('.js')) {
    const source = readFileSync(path, 'utf8');
    if (ESM.test(source)) return module(source);
  }
  return next(url, context);
}
