import type { DatabaseSync } from 'node:sqlite';
import { systemClock, wait } from '@millrace/core';

/** The services that handlers call. Each takes some milliseconds, so that a process can die in the middle of it. */

/** Does not answer in time, now and then, and does when it is asked again. */
export async function confirmPayment(paymentId: string, attempt: number, signal: AbortSignal): Promise<void> {
  await wait(systemClock, 8, signal);
  if (attempt === 1 && paymentId.endsWith('0'))
    throw new Error('The payment provider did not answer in time.');
}

export async function registerParcels(parcels: number, signal: AbortSignal): Promise<void> {
  await wait(systemClock, 4 * parcels, signal);
}

export async function countStock(signal: AbortSignal): Promise<void> {
  await wait(systemClock, 3, signal);
}

export async function sendMail(signal: AbortSignal): Promise<void> {
  await wait(systemClock, 6, signal);
}

/** Is busy with other questions, now and then, and answers when it is asked again. */
export async function askCreditBureau(
  accountId: string,
  attempt: number,
  signal: AbortSignal,
): Promise<void> {
  await wait(systemClock, 5, signal);
  if (attempt === 1 && accountId.endsWith('0AAA')) throw new Error('The credit bureau is busy.');
}

/** Euros for 100 units of a currency. */
const rates: Readonly<Record<string, number>> = { EUR: 100, CHF: 106, GBP: 116, PLN: 23, CZK: 4, SEK: 9 };

export async function toEuroCents(amount: number, currency: string, signal: AbortSignal): Promise<number> {
  await wait(systemClock, 2, signal);
  const rate = rates[currency];
  if (rate === undefined) throw new Error(`The exchange has no rate for ${currency}.`);
  return Math.round((amount * rate) / 100);
}

/** Does not know a place at once, now and then, and does when it is asked again. */
export async function lookUpPlace(parcelId: string, attempt: number, signal: AbortSignal): Promise<void> {
  await wait(systemClock, 2, signal);
  if (attempt === 1 && parcelId.startsWith('9')) throw new Error('The map is being loaded.');
}

/** The register of tariffs: without a number nothing can be declared. */
export interface Tariffs {
  /** Rejects when one of the goods has no number. */
  lookUp(skus: readonly string[], signal: AbortSignal): Promise<void>;
}

export function openTariffs(database: DatabaseSync): Tariffs {
  const find = database.prepare('SELECT 1 FROM tariffs WHERE sku = ?');
  return {
    async lookUp(skus, signal) {
      await wait(systemClock, 4, signal);
      const missing = skus.find((sku) => find.get(sku) === undefined);
      if (missing !== undefined) throw new Error(`The register of tariffs has no number for ${missing}.`);
    },
  };
}
