import type { Sender } from './sender.ts';

/** Sends the orders of these numbers. */
type Way = (sender: Sender, numbers: readonly number[], sent: (number: number) => void) => Promise<void>;

const batchSize = 100;
const underWay = 100;

export const ways = {
  /** A hundred in each call, one call after another. */
  async batches(sender, numbers, sent) {
    for (let first = 0; first < numbers.length; first += batchSize) {
      const batch = numbers.slice(first, first + batchSize);
      await sender.sendMany(batch);
      batch.forEach(sent);
    }
  },

  /** One in each call, and a hundred calls under way. */
  async singles(sender, numbers, sent) {
    const left = numbers.values();
    const loop = async () => {
      for (const number of left) {
        await sender.send(number);
        sent(number);
      }
    };
    await Promise.all(Array.from({ length: underWay }, loop));
  },
} as const satisfies Record<string, Way>;

export type WayName = keyof typeof ways;
