import type { Hono } from 'hono';
import type { Actor } from '../domain/actor.js';
import { needScope, PageFault, type ConsoleContext, type ConsoleEnv } from './console-env.js';
import { amountMinor, fieldsOf, FormFault, required, wholeNumber } from './form.js';
import { showAttention, showOrder, showProduct } from './page-routes.js';
import type { ConsolePorts, Refused } from './ports.js';

/** What a form asks for. Each leads back to its page, which says what came of it. */
export function addActions(app: Hono<ConsoleEnv>, ports: ConsolePorts): void {
  const { actions } = ports;

  app.post('/console/orders/:id/:action', async (c) => {
    const { id, action } = c.req.param();
    const field = await fieldsOf(c);
    const refused = await askOrder(c, id, action, field);
    if (refused === undefined) return c.redirect(`/console/orders/${encodeURIComponent(id)}?done=${action}`, 303);
    return c.html(await showOrder(ports, c, id, { tone: 'bad', text: refused }), 409);
  });

  app.post('/console/attention/:id/:action', async (c) => {
    const { id, action } = c.req.param();
    const field = await fieldsOf(c);
    const refused = await askLetter(c, id, action, field);
    const back = backOf(c);
    if (refused === undefined) return c.redirect(`${back}${back.includes('?') ? '&' : '?'}done=${action}`, 303);
    const notice = { tone: 'bad', text: refused } as const;
    const [, orderId] = /^\/console\/orders\/([\w-]+)$/.exec(back) ?? [];
    return c.html(
      await (orderId === undefined ? showAttention(ports, c, notice) : showOrder(ports, c, orderId, notice)),
      409,
    );
  });

  app.post('/console/products/:sku/adjust', async (c) => {
    needScope(c, 'catalog');
    const sku = c.req.param('sku');
    const field = await fieldsOf(c);
    const change = { delta: wholeNumber(field('delta')), reason: reasonOf(field), key: keyOf(field) };
    const refused = await actions.adjustStock(sku, change, actorOf(c));
    if (refused === undefined) return c.redirect(`/console/products/${encodeURIComponent(sku)}?done=adjust`, 303);
    return c.html(await showProduct(ports, c, sku, { tone: 'bad', text: refused }), 409);
  });

  app.post('/console/webhooks/:id/resend', async (c) => {
    const refused = await actions.resend(c.req.param('id'));
    if (refused !== undefined) throw new FormFault(refused);
    return c.redirect('/console/webhooks?done=resend', 303);
  });

  async function askOrder(c: ConsoleContext, id: string, action: string, field: Field): Promise<Refused> {
    const actor = actorOf(c);
    switch (action) {
      case 'cancel':
        needScope(c, 'orders');
        return actions.cancel(id, reasonOf(field), actor);
      case 'fulfill':
        needScope(c, 'orders');
        return actions.fulfill(id, actor);
      case 'approve':
      case 'reject':
        return actions.review(id, action, actor);
      case 'refund': {
        needScope(c, 'orders');
        const record = await ports.findOrder(id);
        if (record === undefined) throw new PageFault(404, 'There is no such order.');
        const amount = amountMinor(field('amount'), record.order.currency);
        const restock = field('restock') === 'yes';
        return actions.refund(id, { key: keyOf(field), amountMinor: amount, reason: reasonOf(field), restock }, actor);
      }
      default:
        throw new PageFault(404, 'There is no such action.');
    }
  }

  async function askLetter(c: ConsoleContext, id: string, action: string, field: Field): Promise<Refused> {
    const actor = actorOf(c);
    switch (action) {
      case 'redrive':
        return actions.redrive(id, actor);
      case 'discard':
        return actions.discard(id, required(field('note'), 'A note', 1_000), actor);
      case 'evidence': {
        const happened = field('happened') === 'yes';
        const note = required(field('note'), 'How you know', 1_000);
        const reference = happened
          ? required(field('reference'), 'The reference', 200)
          : field('reference').slice(0, 200);
        if (!happened && field('happened') !== 'no') throw new FormFault('Say what happened.');
        return actions.giveEvidence(id, { happened, reference, note }, actor);
      }
      default:
        throw new PageFault(404, 'There is no such action.');
    }
  }
}

type Field = (name: string) => string;

const reasonOf = (field: Field) => required(field('reason'), 'A reason', 500);

/** A form that is sent twice does what it asks for once. */
function keyOf(field: Field): string {
  const key = field('key');
  if (/^[\w-]{16,64}$/.test(key)) return key;
  throw new FormFault('This form is incomplete. Go back and load the page again.');
}

function actorOf(c: ConsoleContext): Actor {
  const { keyId, keyName } = c.get('session');
  return { requestId: c.env?.requestId ?? '', keyId, keyName };
}

/** Only ever to a page of ours. */
function backOf(c: ConsoleContext): string {
  const back = c.req.query('back') ?? '';
  const isOurs = /^\/console\/(?:orders\/[\w-]{1,64}|attention(?:\?kind=[a-z_]+)?)$/.test(back);
  return isOurs ? back : '/console/attention';
}
