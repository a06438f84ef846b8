import { z } from 'zod';

/** In minor units of the currency: cents, öre, haléř. */
const money = z.object({ amount: z.int().positive(), currency: z.string().regex(/^[A-Z]{3}$/) });

/** Events of one order are numbered from 1, and mean something only in that order. */
const inOrder = { orderId: z.string().regex(/^SO-\d{5}$/), sequence: z.int().positive() };
const aboutOrder = { orderId: inOrder.orderId };

const address = z.object({
  street: z.string().min(1),
  city: z.string().min(1),
  postcode: z.string().min(1),
  country: z.string().length(2),
});

const line = z.object({
  sku: z.string().min(1),
  name: z.string().min(1),
  quantity: z.int().positive(),
  unitPrice: z.int().positive(),
});

export const orderPlaced = z.object({
  ...inOrder,
  customer: z.object({ id: z.string().min(1), email: z.email() }),
  lines: z.array(line).min(1),
  total: money,
  shipTo: address,
});

export const paymentCaptured = z.object({
  ...inOrder,
  paymentId: z.string().min(1),
  method: z.enum(['card', 'wallet', 'bank-transfer']),
  paid: money,
});

export const orderShipped = z.object({
  ...inOrder,
  carrier: z.string().min(1),
  tracking: z.string().min(1),
  parcels: z.int().positive(),
});

export const orderDelivered = z.object({
  ...inOrder,
  signedBy: z.enum(['recipient', 'neighbour', 'locker']),
});

export const orderCancelled = z.object({
  ...inOrder,
  reason: z.enum(['changed-mind', 'out-of-stock', 'payment-declined', 'address-unreachable']),
});

export const refundIssued = z.object({ ...inOrder, refundId: z.string().min(1), refunded: money });

/** Reserved for an order, or released again. */
export const stockMoved = z.object({
  ...aboutOrder,
  sku: z.string().min(1),
  quantity: z.int().positive(),
  warehouse: z.string().min(1),
});

export const mailRequested = z.object({
  ...aboutOrder,
  template: z.enum(['order-confirmed', 'order-shipped', 'order-cancelled', 'order-refunded']),
  to: z.email(),
});

export const reviewWritten = z.object({
  ...aboutOrder,
  sku: z.string().min(1),
  stars: z.int().min(1).max(5),
});

export type OrderPlaced = z.infer<typeof orderPlaced>;
export type PaymentCaptured = z.infer<typeof paymentCaptured>;
export type OrderShipped = z.infer<typeof orderShipped>;
export type OrderDelivered = z.infer<typeof orderDelivered>;
export type OrderCancelled = z.infer<typeof orderCancelled>;
export type RefundIssued = z.infer<typeof refundIssued>;
export type StockMoved = z.infer<typeof stockMoved>;
export type MailRequested = z.infer<typeof mailRequested>;
export type ReviewWritten = z.infer<typeof reviewWritten>;

/** What each topic carries: the life of orders, one after another, and what happens around them, in any order. */
export const schemas = {
  orders: {
    'OrderPlaced.shop': orderPlaced,
    'PaymentCaptured.shop': paymentCaptured,
    'OrderShipped.shop': orderShipped,
    'OrderDelivered.shop': orderDelivered,
    'OrderCancelled.shop': orderCancelled,
    'RefundIssued.shop': refundIssued,
  },
  activity: {
    'StockReserved.shop': stockMoved,
    'StockReleased.shop': stockMoved,
    'MailRequested.shop': mailRequested,
    'ReviewWritten.shop': reviewWritten,
  },
} as const;

export type Channel = keyof typeof schemas;

type TypesOf<C extends Channel> = keyof (typeof schemas)[C] & string;
type DataOf<C extends Channel, T extends TypesOf<C>> =
  (typeof schemas)[C][T] extends z.ZodType<infer Data> ? Data : never;

/** One event as the shop's services announced it. */
export type ShopEvent = {
  [C in Channel]: {
    [T in TypesOf<C>]: {
      readonly id: string;
      readonly channel: C;
      readonly type: T;
      /** ISO 8601. */
      readonly time: string;
      readonly data: DataOf<C, T>;
    };
  }[TypesOf<C>];
}[Channel];
