import { Hono } from 'hono';
import { eventsOf } from './event.js';
import type { EventSender } from './event-sender.js';
import { bodyOf, problem } from './http.js';
import type { Ledger } from './ledger.js';
import { checkResend, checkSending } from './requests.js';

/** Routes for tests and demos. Without a sender, events can only be listed. */
export function eventRoutes(ledger: Ledger, sender: EventSender | undefined): Hono {
  const app = new Hono();

  app.get('/', (c) => {
    const orderId = c.req.query('order_id');
    return c.json({ data: eventsOf(orderId === undefined ? ledger.entries().slice(-1_000) : ledger.entries(orderId)) });
  });

  app.post('/behaviour', async (c) => {
    const behaviour = await bodyOf(c, checkSending);
    if (sender === undefined) return problem(c, 409, 'events_off', 'the sandbox was started without --events-url');
    sender.behave(behaviour);
    return c.json(behaviour);
  });

  app.post('/resend', async (c) => {
    const { charge_key } = await bodyOf(c, checkResend);
    if (sender === undefined) return problem(c, 409, 'events_off', 'the sandbox was started without --events-url');
    const charged = ledger.charge(charge_key);
    if (charged === undefined) return problem(c, 404, 'not_found', 'no charge has this key', 'charge_key');
    const events = eventsOf(ledger.entries(charged.order_id)).filter(({ data }) => data.charge_key === charge_key);
    for (const event of events) sender.send(event);
    return c.json({ data: events }, 202);
  });

  return app;
}
