import { createHash } from 'node:crypto';
import { Webhook } from 'standardwebhooks';

const SHOWN = 5;

/** Whether the reference library takes a message that has just come in. */
export function isSigned({ headers, body }, secret) {
  try {
    new Webhook(secret).verify(body, headers);
    return true;
  } catch {
    return false;
  }
}

/** What one receiver got, against what it had to get. */
export function judge({ name, id: endpointId, messages }, expected, deliveries) {
  const bodies = new Map();
  const taken = new Set();
  const faults = [];
  const badSignatures = messages.filter(({ isSigned }) => !isSigned).length;
  let unstable = 0;
  for (const { headers, body, status } of messages) {
    const id = headers['webhook-id'];
    const digest = createHash('sha256').update(body).digest('hex');
    if ((bodies.get(id) ?? digest) !== digest) unstable += 1;
    bodies.set(id, digest);
    if (status < 300) taken.add(id);
  }
  const missing = [...expected].filter((id) => !taken.has(id));
  const unexpected = [...bodies.keys()].filter((id) => !expected.has(id));
  const mine = deliveries.filter(({ endpoint_id: of }) => of === endpointId);
  const delivered = mine.find(({ state }) => state === 'delivered')?.number ?? 0;
  const verdict = { name, expected: expected.size, taken: taken.size, delivered, messages: messages.length };
  if (missing.length > 0)
    faults.push(`${missing.length} events never came, such as ${missing.slice(0, SHOWN).join(', ')}`);
  if (unexpected.length > 0)
    faults.push(`${unexpected.length} that do not exist, such as ${unexpected.slice(0, SHOWN).join(', ')}`);
  if (badSignatures > 0) faults.push(`${badSignatures} signatures do not hold`);
  if (unstable > 0) faults.push(`${unstable} messages changed under their id`);
  if (delivered !== expected.size) faults.push(`${delivered} deliveries are booked as delivered`);
  const again = messages.filter(({ status }) => status < 300).length - taken.size;
  return { ...verdict, missing: missing.length, unexpected: unexpected.length, badSignatures, unstable, again, faults };
}

export function tableOfEvents(verdicts) {
  const rows = [
    ['events that had to come', ({ expected }) => expected],
    ['came and were taken', ({ taken }) => taken],
    ['missing', ({ missing }) => missing],
    ['of changes that were rolled back', ({ unexpected }) => unexpected],
    ['booked as delivered', ({ delivered }) => delivered],
    ['messages in all', ({ messages }) => messages],
    ['taken more than once', ({ again }) => again],
    ['signatures that do not hold', ({ badSignatures }) => badSignatures],
    ['messages that changed under their id', ({ unstable }) => unstable],
  ];
  const line = (cells) => `| ${cells.join(' | ')} |`;
  return [
    line(['', ...verdicts.map(({ name }) => `receiver "${name}"`)]),
    line(['---', ...verdicts.map(() => '--:')]),
    ...rows.map(([label, of]) => line([label, ...verdicts.map((verdict) => String(of(verdict)))])),
  ].join('\n');
}
