import type { Actor } from '../../domain/actor.js';
import type { DeadLetter } from '../../domain/dead-letter.js';
import type { MoneyUpdate } from '../../domain/money-update.js';
import { noticeOf } from '../../domain/notice.js';
import type { OrderRecord } from '../../domain/order-record.js';
import { findOrder } from '../orders/accept-checkout.js';
import type { EvidenceBody } from './dead-letter-schema.js';
import type { DeadLetterDecisionStore, DeadLetterOptions } from './dead-letter-ports.js';
import type { OrderActionOptions } from '../orders/order-actions.js';
import { Problem } from '../requests/problems.js';

const OUTCOMES = {
  payment_unknown: ['charged', 'not_charged'],
  refund: ['refunded', 'not_refunded'],
} as const;

/**
 * Runs the work of the dead letter again. The workflow decides in the database whether this is allowed: of several
 * concurrent requests, one succeeds.
 * @throws Problem `not-redrivable`
 */
export async function redriveDeadLetter(options: DeadLetterOptions, letter: DeadLetter, actor: Actor): Promise<void> {
  if (letter.state !== 'open') throw notRedrivable(`This dead letter is ${letter.state}.`, { state: letter.state });
  if (letter.kind === 'books') {
    throw notRedrivable('Audit findings are repaired by hand; discard this dead letter when that is done.');
  }
  if (letter.kind === 'notice') return redriveNotice(options, letter, actor);
  const record = await orderOf(options, letter);
  if (isRestarted(letter, record)) return restart(options, record, { deadLetterId: letter.id, actor });
  if (letter.kind === 'refund') {
    return tell(options, record, letter, { kind: 'redrive', deadLetterId: letter.id, actor });
  }
  await tell(options, record, letter, { kind: 'look' });
  await options.deadLetters.noteRedrive(letter.id, actor);
}

/**
 * Stores what a person found out at the provider and sends it to the workflow that waits for it, or else to a new
 * recovery. Of several concurrent requests, the database accepts the first and refuses those that contradict it.
 * @throws Problem `no-evidence-wanted`, `not-open`, `evidence-conflict` or `validation-error`
 */
export async function sendEvidence(
  options: DeadLetterOptions,
  letter: DeadLetter,
  body: EvidenceBody & { actor: Actor },
): Promise<void> {
  const { kind, id: deadLetterId } = letter;
  if (kind !== 'payment_unknown' && kind !== 'refund') {
    throw new Problem('no-evidence-wanted', `This dead letter is of the kind ${kind}.`, { kind });
  }
  const { outcome, reference, note } = body;
  const [happened, not] = OUTCOMES[kind];
  if (outcome !== happened && outcome !== not) {
    const errors = [{ pointer: '/outcome', detail: `must be "${happened}" or "${not}" for this dead letter` }];
    throw new Problem('validation-error', 'This outcome is not what the dead letter is about.', { errors });
  }
  const record = await orderOf(options, letter);
  const said = { happened: outcome === happened, reference, note };
  const given = await options.deadLetters.giveEvidence(deadLetterId, said, body.actor);
  switch (given.kind) {
    case 'not_open':
      throw new Problem('not-open', `This dead letter is ${given.state}.`, { state: given.state });
    case 'under_way':
      throw new Problem('no-evidence-wanted', 'The refund is being sent; wait until it has failed or is unknown.', {
        kind,
      });
    case 'opposite': {
      const first = given.said.happened ? happened : not;
      throw new Problem('evidence-conflict', `Earlier evidence says that it was ${first}.`, { outcome: first });
    }
    case 'kept':
      if (given.isOver) return;
  }
  const about = kind === 'refund' ? 'refund' : 'charge';
  const item: MoneyUpdate = { kind: 'evidence', evidence: { about, deadLetterId, ...given.said } };
  return tell(options, record, letter, item);
}

/** @throws Problem `not-found`, `not-open` or `unsettled` */
export async function discardDeadLetter(
  store: DeadLetterDecisionStore,
  id: string,
  note: string,
  actor: Actor,
): Promise<DeadLetter> {
  const discarded = await store.discard(id, note, actor);
  switch (discarded.kind) {
    case 'discarded':
      return discarded.letter;
    case 'not_found':
      throw noDeadLetter(id);
    case 'not_open':
      throw new Problem('not-open', `This dead letter is ${discarded.state}.`, { state: discarded.state });
    case 'unsettled':
      throw new Problem('unsettled', discarded.detail);
  }
}

export function noDeadLetter(id: string): Problem {
  return new Problem('not-found', `There is no dead letter ${id}.`);
}

/** Whether a redrive runs the checkout again instead of only triggering a look-up. */
function isRestarted({ kind }: DeadLetter, { status }: OrderRecord): boolean {
  return kind === 'charge' || kind === 'reserve' || (kind === 'run' && status === 'failed');
}

async function restart(
  { requests, policy }: OrderActionOptions,
  { order, status }: OrderRecord,
  redrive: { deadLetterId: string; actor: Actor },
): Promise<void> {
  if (status !== 'failed') throw superseded(status);
  const decision = await requests.redrive(order, policy, redrive);
  if (decision === 'running') throw notRedrivable('The workflow of this order is running; let it end first.');
  if (decision.kind === 'refused') throw superseded(decision.status ?? status);
}

async function tellOrder(
  { requests, policy }: OrderActionOptions,
  { order }: OrderRecord,
  item: MoneyUpdate,
): Promise<void> {
  const heard = await requests.tell(order.orderId, item);
  if (heard !== 'told') await requests.recover(order, policy, item);
}

/** A requested refund has its own workflow; all others belong to the undo of their order. */
async function tell(
  options: OrderActionOptions,
  record: OrderRecord,
  { subject }: DeadLetter,
  item: MoneyUpdate,
): Promise<void> {
  if (!subject.startsWith('rf_')) return tellOrder(options, record, item);
  const refund = record.refunds.find(({ id }) => id === subject);
  if (refund === undefined) throw notRedrivable(`There is no refund ${subject} of this order.`);
  return options.requests.tellRefund(record.order.orderId, refund, options.policy, item);
}

async function redriveNotice(
  { requests }: OrderActionOptions,
  { id, orderId, subject }: DeadLetter,
  actor: Actor,
): Promise<void> {
  const ref = noticeOf(orderId, subject);
  if (ref === undefined) throw notRedrivable(`There is no notice ${subject} of this order.`);
  const decision = await requests.redriveNotice(ref, { deadLetterId: id, actor });
  if (decision === 'running') throw notRedrivable('This notice is being sent; let that end first.');
  if (decision.kind === 'refused') throw notRedrivable('Another request was first.');
}

async function orderOf(options: OrderActionOptions, { orderId }: DeadLetter): Promise<OrderRecord> {
  const record = await findOrder(options, orderId);
  if (record === undefined) throw notRedrivable(`There is no order ${orderId}.`);
  return record;
}

function superseded(orderStatus: string): Problem {
  return notRedrivable(`The order is ${orderStatus}, or another request was first.`, { order_status: orderStatus });
}

function notRedrivable(detail: string, extra: Record<string, unknown> = {}): Problem {
  return new Problem('not-redrivable', detail, extra);
}
