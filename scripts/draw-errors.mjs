// Writes docs/errors.md from the table of problems. Run after a build.
import { writeFile } from 'node:fs/promises';
import * as sections from '../dist/api/document/error-pages/sections.js';
import { errorsMarkdown } from './errors-page.mjs';

await writeFile(new URL('../docs/errors.md', import.meta.url), errorsMarkdown(sections));
