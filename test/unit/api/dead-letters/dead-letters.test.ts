import { beforeEach, describe, expect, it } from '@jest/globals';
import type { DeadLetterKind } from '../../../../src/domain/dead-letter.js';
import { aRefund, openDesk, type Body, type Desk } from '../desk.js';

const redrive = (desk: Desk) => desk.post('/v1/dead-letters/dl_1/redrive');
const prove = (desk: Desk, body: Body) => desk.post('/v1/dead-letters/dl_1/evidence', { note: 'asked them', ...body });

const ANYBODY = { requestId: expect.any(String) };

let desk: Desk;
beforeEach(() => {
  desk = openDesk();
  desk.has('order-1', { status: 'failed' });
  desk.hasLetter('dl_1');
});

describe('reading dead letters', () => {
  it('lists the open ones, page by page', async () => {
    desk.hasLetter('dl_2', { state: 'discarded' });
    desk.hasLetter('dl_3');
    const first = await desk.get('/v1/dead-letters?limit=1');
    expect(first).toMatchObject({ status: 200, body: { data: [{ id: 'dl_1', last_error: 'connection refused' }] } });
    const rest = await desk.get(`/v1/dead-letters?limit=1&cursor=${String(first.body['next_cursor'])}`);
    expect(rest.body).toMatchObject({ data: [{ id: 'dl_3' }], next_cursor: null });
    expect((await desk.get('/v1/dead-letters?state=discarded')).body).toMatchObject({ data: [{ id: 'dl_2' }] });
    expect(await desk.get('/v1/dead-letters?state=lost')).toMatchObject({ status: 422 });
  });

  it('shows one, and 404 for what is none', async () => {
    expect(await desk.get('/v1/dead-letters/dl_1')).toMatchObject({
      status: 200,
      body: { kind: 'charge', attempts: 4 },
    });
    expect(await desk.get('/v1/dead-letters/dl_9')).toMatchObject({ status: 404 });
    expect(await desk.post('/v1/dead-letters/dl_9/redrive')).toMatchObject({ status: 404 });
  });
});

describe('redriving', () => {
  it.each(['charge', 'reserve', 'run'] as DeadLetterKind[])(
    'sends a failed order through again for %s',
    async (kind) => {
      desk.hasLetter('dl_1', { kind });
      desk.answers.redrive = async (_order, _policy, { deadLetterId }) => {
        desk.hasLetter(deadLetterId, { kind, state: 'redriving' });
        return { kind: 'admitted' };
      };
      expect(await redrive(desk)).toMatchObject({ status: 202, body: { state: 'redriving' } });
      expect(await redrive(desk)).toMatchObject({ status: 409, body: { code: 'not-redrivable', state: 'redriving' } });
      expect(desk.requestsTo('redrive')).toHaveLength(1);
    },
  );

  it('refuses the second of two at once', async () => {
    desk.answers.redrive = async () => 'running';
    expect(await redrive(desk)).toMatchObject({ status: 409, body: { code: 'not-redrivable' } });
    desk.answers.redrive = async () => ({ kind: 'refused', code: 'superseded', status: 'pending' });
    expect(await redrive(desk)).toMatchObject({ status: 409, body: { order_status: 'pending' } });
  });

  it('refuses a charge whose order has moved on', async () => {
    desk.has('order-1', { status: 'confirmed' });
    expect(await redrive(desk)).toMatchObject({ status: 409, body: { order_status: 'confirmed' } });
    expect(desk.asked).toEqual([]);
  });

  it.each(['payment_unknown', 'compensation', 'run'] as DeadLetterKind[])(
    'has the workflow of an unfinished order look again for %s, or starts a recovery',
    async (kind) => {
      desk.has('order-1', { status: 'payment_unknown' });
      desk.hasLetter('dl_1', { kind });
      expect(await redrive(desk)).toMatchObject({ status: 202 });
      expect(desk.requestsTo('tell')).toEqual([['order-1', { kind: 'look' }]]);
      expect(desk.requestsTo('recover')).toEqual([]);
      desk.answers.tell = async () => 'none';
      expect(await redrive(desk)).toMatchObject({ status: 202 });
      expect(desk.requestsTo('recover')).toMatchObject([[{ orderId: 'order-1' }, {}, { kind: 'look' }]]);
    },
  );

  it('tells the workflow of the refund that someone asked for', async () => {
    const refunds = [aRefund({ state: 'failed', fingerprint: 'f1' })];
    desk.has('order-1', { status: 'confirmed', refunds });
    desk.hasLetter('dl_1', { kind: 'refund', subject: 'rf_1' });
    expect(await redrive(desk)).toMatchObject({ status: 202 });
    expect(desk.requestsTo('tellRefund')).toMatchObject([
      ['order-1', { id: 'rf_1', amountMinor: 1_000, fingerprint: 'f1' }, {}, { kind: 'redrive', deadLetterId: 'dl_1' }],
    ]);
  });

  it('wakes the workflow of the refund whose own steps keep failing', async () => {
    desk.has('order-1', { status: 'confirmed', refunds: [aRefund({ fingerprint: 'f1' })] });
    desk.hasLetter('dl_1', { kind: 'compensation', subject: 'rf_1' });
    expect(await redrive(desk)).toMatchObject({ status: 202 });
    expect(desk.requestsTo('tellRefund')).toMatchObject([['order-1', { id: 'rf_1' }, {}, { kind: 'look' }]]);
    expect(desk.requestsTo('tell')).toEqual([]);
  });

  it('tells the workflow of the order about the refund of an undo', async () => {
    desk.hasLetter('dl_1', { kind: 'refund', subject: 'undo-order-1-1' });
    expect(await redrive(desk)).toMatchObject({ status: 202 });
    expect(desk.requestsTo('tell')).toEqual([['order-1', { kind: 'redrive', deadLetterId: 'dl_1', actor: ANYBODY }]]);
  });

  it('has a notice sent again, whatever became of its order', async () => {
    desk.hasLetter('dl_1', { kind: 'notice', subject: '3:smtp' });
    expect(await redrive(desk)).toMatchObject({ status: 202 });
    expect(desk.asked).toEqual([
      {
        request: 'redriveNotice',
        args: [
          { orderId: 'order-1', seq: 3, channel: 'smtp' },
          { deadLetterId: 'dl_1', actor: ANYBODY },
        ],
      },
    ]);
    desk.answers.redriveNotice = async () => 'running';
    expect(await redrive(desk)).toMatchObject({ status: 409, body: { code: 'not-redrivable' } });
    desk.answers.redriveNotice = async () => ({ kind: 'refused', code: 'superseded', status: null });
    expect(await redrive(desk)).toMatchObject({ status: 409, body: { code: 'not-redrivable' } });
  });

  it.each(['', 'smtp', '0:smtp', '3:', '3:SMTP', '3:smtp:x'])(
    'refuses the notice %j, which is none',
    async (subject) => {
      desk.hasLetter('dl_1', { kind: 'notice', subject });
      expect(await redrive(desk)).toMatchObject({ status: 409, body: { code: 'not-redrivable' } });
      expect(desk.asked).toEqual([]);
    },
  );

  it('starts nothing for books, and points to discard', async () => {
    desk.hasLetter('dl_1', { kind: 'books' });
    const { status, body } = await redrive(desk);
    expect({ status, body }).toMatchObject({ status: 409, body: { code: 'not-redrivable' } });
    expect(body['detail']).toContain('discard');
    expect(desk.asked).toEqual([]);
  });
});

describe('discarding', () => {
  const discard = (body: Body = { note: 'written off' }) => desk.post('/v1/dead-letters/dl_1/discard', body);

  it('keeps the note', async () => {
    desk.book.discard = async (id, note) => {
      desk.hasLetter(id, { state: 'discarded', note });
      const letter = desk.letters.get(id);
      return letter === undefined ? { kind: 'not_found' } : { kind: 'discarded', letter };
    };
    expect(await discard()).toMatchObject({ status: 200, body: { state: 'discarded', note: 'written off' } });
  });

  it('is refused while money or stock is unsettled, and when it is not open', async () => {
    desk.book.discard = async () => ({ kind: 'unsettled', detail: 'Stock is still reserved.' });
    expect(await discard()).toMatchObject({
      status: 409,
      body: { code: 'unsettled', detail: 'Stock is still reserved.' },
    });
    desk.book.discard = async () => ({ kind: 'not_open', state: 'resolved' });
    expect(await discard()).toMatchObject({ status: 409, body: { code: 'not-open', state: 'resolved' } });
  });

  it('wants a note', async () => {
    expect(await discard({})).toMatchObject({ status: 422, body: { errors: [{ pointer: '/note' }] } });
  });
});

describe('evidence', () => {
  it.each([
    ['payment_unknown', 'charged', true],
    ['payment_unknown', 'not_charged', false],
    ['refund', 'refunded', true],
    ['refund', 'not_refunded', false],
  ] as const)('of %s: %s reaches the workflow that waits', async (kind, outcome, happened) => {
    desk.hasLetter('dl_1', { kind, subject: kind === 'refund' ? 'undo-order-1-1' : '' });
    expect(await prove(desk, { outcome, reference: 'ch_9' })).toMatchObject({ status: 202 });
    const about = kind === 'refund' ? 'refund' : 'charge';
    const evidence = { about, deadLetterId: 'dl_1', happened, reference: 'ch_9', note: 'asked them' };
    expect(desk.requestsTo('tell')).toEqual([['order-1', { kind: 'evidence', evidence }]]);
  });

  it('starts a recovery when no workflow waits', async () => {
    desk.hasLetter('dl_1', { kind: 'payment_unknown' });
    desk.answers.tell = async () => 'none';
    expect(await prove(desk, { outcome: 'not_charged' })).toMatchObject({ status: 202 });
    expect(desk.requestsTo('recover')).toMatchObject([[{}, {}, { kind: 'evidence', evidence: { reference: '' } }]]);
  });

  it('must be about what the dead letter is about', async () => {
    desk.hasLetter('dl_1', { kind: 'refund', subject: 'undo-order-1-1' });
    expect(await prove(desk, { outcome: 'charged', reference: 'ch_9' })).toMatchObject({
      status: 422,
      body: { errors: [{ pointer: '/outcome' }] },
    });
    desk.hasLetter('dl_1', { kind: 'charge' });
    expect(await prove(desk, { outcome: 'charged', reference: 'ch_9' })).toMatchObject({
      status: 409,
      body: { code: 'no-evidence-wanted' },
    });
    desk.hasLetter('dl_1', { kind: 'payment_unknown', state: 'resolved' });
    expect(await prove(desk, { outcome: 'not_charged' })).toMatchObject({ status: 409, body: { code: 'not-open' } });
  });

  it('that contradicts the first is refused, and reaches no workflow', async () => {
    desk.hasLetter('dl_1', { kind: 'payment_unknown' });
    const first = { happened: true, reference: 'ch_1', note: 'seen' };
    desk.book.giveEvidence = async () => ({ kind: 'opposite', said: first });
    expect(await prove(desk, { outcome: 'not_charged' })).toMatchObject({
      status: 409,
      body: { code: 'evidence-conflict', outcome: 'charged' },
    });
    expect(desk.asked).toEqual([]);
  });

  it('that was given before is told again as it was given, until the dead letter is settled', async () => {
    desk.hasLetter('dl_1', { kind: 'payment_unknown' });
    const first = { happened: true, reference: 'ch_1', note: 'seen' };
    desk.book.giveEvidence = async () => ({ kind: 'kept', said: first, isOver: false });
    expect(await prove(desk, { outcome: 'charged', reference: 'ch_2' })).toMatchObject({ status: 202 });
    const evidence = { about: 'charge', deadLetterId: 'dl_1', ...first };
    expect(desk.requestsTo('tell')).toEqual([['order-1', { kind: 'evidence', evidence }]]);
    desk.book.giveEvidence = async () => ({ kind: 'kept', said: first, isOver: true });
    expect(await prove(desk, { outcome: 'charged', reference: 'ch_2' })).toMatchObject({ status: 202 });
    expect(desk.requestsTo('tell')).toHaveLength(1);
  });

  it('is not wanted while the refund is being sent', async () => {
    desk.hasLetter('dl_1', { kind: 'refund', subject: 'undo-order-1-1', state: 'redriving' });
    desk.book.giveEvidence = async () => ({ kind: 'under_way' });
    expect(await prove(desk, { outcome: 'not_refunded' })).toMatchObject({
      status: 409,
      body: { code: 'no-evidence-wanted', kind: 'refund' },
    });
    expect(desk.asked).toEqual([]);
  });

  it('that money moved names where it can be looked up', async () => {
    desk.hasLetter('dl_1', { kind: 'payment_unknown' });
    const answer = await prove(desk, { outcome: 'charged' });
    expect(answer).toMatchObject({ status: 422, body: { errors: [{ pointer: '/reference' }] } });
  });
});
