import fc from 'fast-check';
import { command } from './command.js';
import { openLetters, statusOf, type SeenLetter } from './observation.js';
import { LATE, type Model, type ModelOrder } from './reference.js';
import { expectAnswer, type Run } from './run.js';

type Letter = SeenLetter & { orderId: string };

const picks = fc.nat(5);
const hasLetters = ({ seen }: Readonly<Model>) => openLetters(seen).length > 0;

function pickedLetter({ seen }: Model, pick: number): Letter {
  const letters = openLetters(seen);
  const letter = letters[pick % letters.length];
  if (letter === undefined) throw new Error('there is no dead letter to pick');
  return letter;
}

export const redrives = fc.record({ pick: picks, twice: fc.boolean() }).map(({ pick, twice }) =>
  command(`redrive ${pick}${twice ? ' twice at once' : ''}`, {
    when: hasLetters,
    act: (model, run) => redrive(model, run, pickedLetter(model, pick), twice ? 2 : 1),
  }),
);

export async function redrive(model: Model, run: Run, { id, kind, orderId }: Letter, times: number): Promise<void> {
  const order = ownerOf(model, orderId);
  const path = `/v1/dead-letters/${id}/redrive`;
  const answers = await Promise.all(Array.from({ length: times }, () => run.world.post(path)));
  const given = answers.map((answer) =>
    expectAnswer(answer, ['202', '409 not-redrivable'], `the redrive of a ${kind}`),
  );
  for (const one of given) run.tally.add(`redrive ${kind} ${one}`);

  const taken = given.filter((one) => one === '202').length;
  if (kind === 'charge' || kind === 'reserve') {
    // Its workflow may not have closed yet. The second may come when the first has failed again.
    order.redrives += taken;
    order.isJustRedriven = taken > 0;
    if (taken > 0) order.isCancelTaken = false;
    const isFailed = statusOf(model.seen, orderId) === 'failed';
    if (taken > 0 && !isFailed) throw new Error(`an order that is ${statusOf(model.seen, orderId)} was redriven`);
    await run.rest(model, orderId);
  }
}

export const discards = picks.map((pick) =>
  command(`discard ${pick}`, {
    when: hasLetters,
    async act(model, run) {
      const { id, kind, orderId, subject } = pickedLetter(model, pick);
      const refund = model.seen.orders.get(orderId)?.refunds.find((one) => one.id === subject);
      const path = `/v1/dead-letters/${id}/discard`;
      const ask = () => run.world.post(path, { note: 'looked at' });
      const [answer, statuses] = await run.statusesDuring(model, orderId, ask);
      const expected = new Set<string>();
      if (kind === 'payment_unknown') expected.add('409 unsettled');
      else if (kind === 'refund') {
        // Of an order that stays paid no one is owed a refund that failed.
        const isPaid = (status: string) => status === 'confirmed' || status === 'completed';
        const isAskedFor = refund?.state === 'failed' && subject.startsWith('rf_');
        if (isAskedFor && statuses.some(isPaid)) expected.add('200');
        if (!isAskedFor || !statuses.every(isPaid)) expected.add('409 unsettled');
      } else if (kind === 'compensation') {
        const isUndoing = (status: string) => status === 'compensating' || status === 'cancelling';
        if (statuses.some(isUndoing)) expected.add('409 unsettled');
        if (!statuses.every(isUndoing)) expected.add('200');
      } else if (statuses.includes('failed')) expected.add('200').add('409 unsettled');
      // What it was about may have been settled meanwhile.
      if (kind !== 'charge') expected.add('409 not-open');
      run.tally.add(`discard ${kind} ${expectAnswer(answer, expected, `the discard of a ${kind}`)}`);
    },
  }),
);

/** What a person found out: the truth, or about a charge that still goes on, what they were told. */
const wishes = fc.record({ pick: picks, happened: fc.boolean(), early: fc.boolean(), disputed: fc.boolean() });

export const evidence = wishes.map((wish) =>
  command(`evidence on ${wish.pick}${wish.happened ? ' yes' : ' no'}${wish.early ? ', early' : ''}`, {
    when: ({ seen }) => openLetters(seen).some(wantsEvidence),
    async act(model, run) {
      const letters = openLetters(model.seen).filter(wantsEvidence);
      const letter = letters[wish.pick % letters.length];
      if (letter === undefined) return;
      if (letter.kind === 'refund') await refundEvidence(model, run, letter, wish.happened);
      else await chargeEvidence(model, run, letter, wish);
      await run.rest(model, letter.orderId);
    },
  }),
);

const wantsEvidence = ({ kind }: Letter) => kind === 'payment_unknown' || kind === 'refund';

export async function refundEvidence(model: Model, run: Run, letter: Letter, happened: boolean): Promise<void> {
  const outcome = happened ? 'refunded' : 'not_refunded';
  if (happened) ownerOf(model, letter.orderId).sentBackElsewhere.add(letter.subject);
  await giveEvidence(run, letter, outcome);
}

async function chargeEvidence(
  model: Model,
  run: Run,
  letter: Letter,
  { happened, early, disputed }: { happened: boolean; early: boolean; disputed: boolean },
): Promise<void> {
  const order = ownerOf(model, letter.orderId);
  const attempts = model.seen.orders.get(letter.orderId)?.attempts ?? [];
  const open = attempts.find(({ state }) => state === 'sent' || state === 'unknown');
  // What the gateway took is not the total: a person would have to write down another amount.
  if (open === undefined || order.isShortChanged) return;
  const last = run.world.ledger.of(letter.orderId).findLast(({ key }) => key === open.key);
  if (last?.state !== 'processing') {
    if ((order.method === 'pm_slow_250' || order.method === LATE) && last === undefined) return;
    // A decline and "not charged" look the same on a bank statement, but not to the order.
    if (last?.state !== 'captured') order.truths.add('not_charged');
    await giveEvidence(run, letter, last?.state === 'captured' ? 'charged' : 'not_charged');
    return;
  }
  order.truths.add(happened ? 'captured' : 'not_charged');
  // The person who says "not charged" may be mistaken: the gateway takes the money later.
  const settle = async () => {
    if (happened) await run.world.settleAtGateway(open.key, 'captured');
  };
  if (disputed && happened) {
    order.truths.add('not_charged');
    await settle();
    await disputeCharge(run, letter);
    return;
  }
  if (early) await giveEvidence(run, letter, happened ? 'charged' : 'not_charged');
  await settle();
  if (!early) await giveEvidence(run, letter, happened ? 'charged' : 'not_charged');
}

/** Two people say the opposite at once: of them one at most is believed. */
async function disputeCharge(run: Run, letter: Letter): Promise<void> {
  const given = await Promise.all(['charged', 'not_charged'].map((outcome) => giveEvidence(run, letter, outcome)));
  if (given.every((one) => one === '202')) throw new Error('two who contradict each other were both believed');
  run.tally.add('evidence disputed');
}

const EVIDENCE_ANSWERS = ['202', '409 not-open', '409 evidence-conflict', '409 no-evidence-wanted'];

async function giveEvidence(run: Run, { id, kind }: Letter, outcome: string): Promise<string> {
  const body = { outcome, note: 'seen in the portal', reference: 'portal-1' };
  const answer = await run.world.post(`/v1/dead-letters/${id}/evidence`, body);
  const given = expectAnswer(answer, EVIDENCE_ANSWERS, 'evidence');
  run.tally.add(`evidence ${kind} ${outcome} ${given}`);
  return given;
}

function ownerOf({ orders }: Model, orderId: string): ModelOrder {
  const order = orders.find(({ id }) => id === orderId);
  if (order === undefined) throw new Error(`a dead letter names ${orderId}`);
  return order;
}
