// Draws docs/states.md from the tables that the code checks against. Run after a build.
import { writeFile } from 'node:fs/promises';
import { STATE_RULES, STATE_TABLES } from '../dist/domain/state-docs.js';
import { statesPage } from './states-page.mjs';

await writeFile(new URL('../docs/states.md', import.meta.url), statesPage(STATE_TABLES, STATE_RULES));
