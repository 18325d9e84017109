// Writes the schemas that the code has into docs/events.md. Run after a build.
import { readFile, writeFile } from 'node:fs/promises';
import { jsonSchemas } from '../dist/api/webhooks/event-schema.js';
import { withSchemas } from './events-page.mjs';

const file = new URL('../docs/events.md', import.meta.url);
await writeFile(file, withSchemas(await readFile(file, 'utf8'), jsonSchemas()));
