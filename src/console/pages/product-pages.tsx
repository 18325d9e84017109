import { randomUUID } from 'node:crypto';
import type { StockMovement } from '../../api/catalog/stock.js';
import type { CatalogueProduct } from '../../domain/product.js';
import { page, type LayoutProps } from '../layout.js';
import { Badge, Dialog, Empty, Field, Money, OrderLink, Table, Time } from '../parts.js';
import type { Session } from '../session.js';

export interface ProductsData {
  prefix: string;
  products: readonly CatalogueProduct[];
  next: string | undefined;
}

export function productsPage(session: Session, { prefix, products, next }: ProductsData) {
  return page({
    title: 'Products and stock',
    session,
    path: '/console/products',
    children: (
      <>
        <form class="filters" action="/console/products">
          <Field id="name" name="name" label="Name begins with" value={prefix} maxlength={100} />
          <button type="submit">Filter</button>
        </form>
        {products.length === 0 ? (
          <Empty title="No products">A product that the catalog gets appears here with its stock.</Empty>
        ) : (
          <Table label="Products" heads={['SKU', 'Name', 'Price', 'On hand', 'Reserved', 'Available', 'Standing']}>
            {products.map((product) => (
              <tr>
                <td>
                  <a class="id" href={pathOf(product.sku)}>
                    {product.sku}
                  </a>
                </td>
                <td>{product.name}</td>
                <td class="number">
                  <Money minor={product.unitPriceMinor} currency={product.currency} />
                </td>
                <td class="number">{product.onHand}</td>
                <td class="number">{product.reserved}</td>
                <td class="number">{product.onHand - product.reserved}</td>
                <td>
                  <Standing product={product} />
                </td>
              </tr>
            ))}
          </Table>
        )}
        {next === undefined ? null : (
          <p>
            <a href={`/console/products?${next}`}>More products</a>
          </p>
        )}
      </>
    ),
  });
}

function Standing({ product }: { product: CatalogueProduct }) {
  if (!product.active) return <Badge tone="quiet">not for sale</Badge>;
  return product.onHand > product.reserved ? <Badge tone="good">for sale</Badge> : <Badge tone="bad">sold out</Badge>;
}

export interface ProductData {
  product: CatalogueProduct;
  movements: readonly StockMovement[];
  notice: LayoutProps['notice'];
}

export function productPage(session: Session, { product, movements, notice }: ProductData) {
  const { sku, name, onHand, reserved } = product;
  return page({
    title: name,
    session,
    notice,
    path: '/console/products',
    children: (
      <>
        <section class="cards" aria-label="Stock">
          <div class="card">
            <b>{onHand}</b> on hand
          </div>
          <div class="card">
            <b>{reserved}</b> reserved for orders
          </div>
          <div class="card">
            <b>{onHand - reserved}</b> available
          </div>
        </section>
        <div class="panel">
          <p>
            <span class="id">{sku}</span> <Standing product={product} />{' '}
            <Money minor={product.unitPriceMinor} currency={product.currency} />
          </p>
          <div class="buttons">
            <Dialog
              id="adjust"
              does="Adjust stock"
              title={`Adjust the stock of ${name}`}
              action={`${pathOf(sku)}/adjust`}
              csrf={session.csrf}
              lacks={session.may('catalog') ? undefined : 'catalog'}
            >
              <p>
                {onHand} are on hand, and {reserved} of them are reserved for orders: it cannot fall below that.
              </p>
              <input type="hidden" name="key" value={randomUUID()} />
              <Field
                id="delta"
                name="delta"
                type="number"
                label="Change, such as 10 or -3"
                required
                min={-1e9}
                max={1e9}
              />
              <Field id="reason" name="reason" label="Reason" required maxlength={500} />
            </Dialog>
          </div>
        </div>
        <h2>Movements</h2>
        {movements.length === 0 ? (
          <Empty title="No movements">What changes the stock of this product appears here.</Empty>
        ) : (
          <Table label="Movements" heads={['When', 'What', 'On hand', 'Reserved', 'Order or reason']}>
            {movements.map((movement) => (
              <tr>
                <td>
                  <Time at={movement.createdAt} />
                </td>
                <td>{movement.kind}</td>
                <td class="number">{signed(movement.onHandDelta)}</td>
                <td class="number">{signed(movement.reservedDelta)}</td>
                <td>
                  {movement.orderId === null ? null : <OrderLink id={movement.orderId} />} {movement.reason}{' '}
                  {movement.actor === null ? null : <small>by {movement.actor.name ?? movement.actor.keyName}</small>}
                </td>
              </tr>
            ))}
          </Table>
        )}
      </>
    ),
  });
}

const pathOf = (sku: string) => `/console/products/${encodeURIComponent(sku)}`;

function signed(delta: number): string {
  if (delta === 0) return '';
  return delta > 0 ? `+${delta}` : `−${-delta}`;
}
