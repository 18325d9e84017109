// Writes docs/configuration.md and .env.example from the schema of the configuration. Run after a build.
import { writeFile } from 'node:fs/promises';
import { SETTINGS } from '../dist/config.js';
import { configurationPage, environmentExample } from './configuration-page.mjs';

const root = new URL('../', import.meta.url);
await writeFile(new URL('docs/configuration.md', root), configurationPage(SETTINGS));
await writeFile(new URL('.env.example', root), environmentExample(SETTINGS));
