import { z } from 'zod';

const sku = z.string().min(1);

/** Published under `stock/<warehouse>`: what was counted there. */
export const stockCounted = z.object({ sku, warehouse: z.string().min(1), counted: z.int().nonnegative() });

/** Published under `prices/<sku>`, in minor units of the currency. */
export const priceChanged = z.object({
  sku,
  amount: z.int().positive(),
  currency: z.string().regex(/^[A-Z]{3}$/),
});

/** Posted by the payment provider, in minor units of the currency. */
export const paymentSettled = z.object({
  orderId: z.string().regex(/^SO-\d{5}$/),
  amount: z.int().positive(),
  currency: z.string().regex(/^[A-Z]{3}$/),
});

export type StockCounted = z.infer<typeof stockCounted>;
export type PriceChanged = z.infer<typeof priceChanged>;
export type PaymentSettled = z.infer<typeof paymentSettled>;

export const stockTopics = 'stock/*';
/** Nobody handles what comes under these. */
export const alarmTopics = 'alarms/*';
export const priceTopics = 'prices/*';
export const paymentType = 'payment.settled';

/** Where the payment provider posts to. */
export const paymentsPath = '/payments';

/** One event that is pushed: under a topic of the broadcaster, or as a webhook of a type. */
export type PushEvent = {
  readonly id: string;
  readonly expected: 'effect' | 'invalid' | 'unhandled' | 'undecodable';
} & (
  | { readonly source: 'stock' | 'prices'; readonly topic: string; readonly body: string }
  | { readonly source: 'payments'; readonly type: string; readonly data: unknown }
);
