import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { medianOf } from './table.mjs';

const WIDTH = 900;
const LABELS = 190;
const BAR = 14;
const GAP = 26;
const CHARTS = [
  { title: 'orders per second (more is better)', key: 'perSecond' },
  { title: 'CPU ms per order, all processes (less is better)', key: 'allCpu' },
  { title: 'end to end p50, ms (less is better)', key: 'settledP50' },
];
const COLORS = ['#1f77b4', '#aec7e8', '#ff7f0e', '#ffbb78', '#2ca02c', '#98df8a', '#9467bd', '#c5b0d5', '#7f7f7f'];

/** Writes all figures as JSON, and the medians as bars. @returns the paths */
export async function writeResults(directory, { facts, results }) {
  await mkdir(directory, { recursive: true });
  const [json, svg] = ['results.json', 'results.svg'].map((name) => join(directory, name));
  await writeFile(json, `${JSON.stringify({ facts, results }, undefined, 2)}\n`);
  await writeFile(svg, chartOf(results));
  return [json, svg];
}

export function chartOf(results) {
  const parts = [];
  let y = 20;
  for (const { title, key } of CHARTS) {
    parts.push(text(10, (y += 10), title, 'font-weight="bold"'));
    for (const { level, rounds } of results) {
      const medians = rounds.map(({ figures }) => medianOf(figures, key)).map((value) => (value > 0 ? value : 0));
      const most = Math.max(...medians, Number.MIN_VALUE);
      parts.push(text(10, (y += GAP), level.name));
      for (const [i, { name }] of rounds.entries()) {
        const width = (medians[i] / most) * (WIDTH - LABELS - 90);
        parts.push(
          text(LABELS - 8, (y += BAR + 2), name, 'text-anchor="end"'),
          `<rect x="${LABELS}" y="${y - 10}" width="${width.toFixed(1)}" height="${BAR - 3}" fill="${COLORS[i % COLORS.length]}"/>`,
          text(LABELS + width + 6, y, Number(medians[i].toPrecision(3)).toString()),
        );
      }
    }
    y += GAP;
  }
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${WIDTH}" height="${y + 10}" font-family="sans-serif" font-size="12">
<rect width="100%" height="100%" fill="white"/>
${parts.join('\n')}
</svg>
`;
}

function text(x, y, content, attributes = '') {
  const safe = content.replaceAll('&', '&amp;').replaceAll('<', '&lt;');
  return `<text x="${x.toFixed(1)}" y="${y}" ${attributes}>${safe}</text>`;
}
