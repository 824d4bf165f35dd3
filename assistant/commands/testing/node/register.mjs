// Puts `loader.mjs` in front of Node's own loading of modules.

import { register } from 'node:module';

register('./loader.mjs', import.meta.url);
