import { beforeEach, describe, expect, it } from '@jest/globals';
import { openDesk, type Desk } from '../desk.js';

const DEADLINE = '2026-01-02T00:00:00.000Z';
const decide = (desk: Desk, decision: string) => desk.post('/v1/orders/order-1/review', { decision });

describe('POST /v1/orders/:id/review', () => {
  let desk: Desk;
  beforeEach(() => {
    desk = openDesk();
    desk.has('order-1', { status: 'in_review', review: { decision: null, deadline: DEADLINE } });
  });

  it('answers 200 with the order when the decision counts', async () => {
    desk.answers.review = async (_, { decision }) => {
      desk.has('order-1', { status: 'pending', review: { decision, deadline: DEADLINE } });
      return { kind: 'decided' };
    };
    expect(await decide(desk, 'approve')).toMatchObject({
      status: 200,
      body: { status: 'pending', review: { state: 'approved', by: DEADLINE } },
    });
  });

  it('refuses the opposite of what was decided', async () => {
    desk.answers.review = async () => ({ kind: 'opposite', decision: 'approve' });
    expect(await decide(desk, 'reject')).toMatchObject({
      status: 409,
      body: { code: 'review-conflict', decision: 'approve' },
    });
  });

  it('goes by the row once the checkout is over', async () => {
    desk.has('order-1', { status: 'failed', review: { decision: 'reject', deadline: DEADLINE } });
    expect(await decide(desk, 'reject')).toMatchObject({ status: 200, body: { status: 'failed' } });
    expect(await decide(desk, 'approve')).toMatchObject({ status: 409, body: { code: 'review-conflict' } });
  });

  it('is too late after the deadline, either way', async () => {
    desk.has('order-1', { status: 'failed', review: { decision: 'expired', deadline: DEADLINE } });
    for (const decision of ['approve', 'reject']) {
      expect(await decide(desk, decision)).toMatchObject({ status: 409, body: { decision: 'expired' } });
    }
  });

  it('refuses an order that no one needs to review', async () => {
    desk.has('order-1', { status: 'confirmed' });
    expect(await decide(desk, 'approve')).toMatchObject({
      status: 409,
      body: { code: 'not-in-review', order_status: 'confirmed' },
    });
  });

  it('asks again while the workflow is about to take decisions', async () => {
    desk.answers.review = async () => (desk.requestsTo('review').length < 3 ? undefined : { kind: 'decided' });
    expect(await decide(desk, 'approve')).toMatchObject({ status: 200 });
  });

  it('asks for patience when no workflow takes the decision', async () => {
    expect(await decide(desk, 'approve')).toMatchObject({ status: 503, body: { code: 'order-interrupted' } });
  });

  it('knows two decisions, of orders that exist', async () => {
    expect(await decide(desk, 'maybe')).toMatchObject({ status: 422, body: { errors: [{ pointer: '/decision' }] } });
    expect(await desk.post('/v1/orders/unknown-1/review', { decision: 'approve' })).toMatchObject({ status: 404 });
  });
});
