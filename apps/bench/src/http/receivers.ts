import type { StartReceiving } from './receiver.ts';

/** Loaded one by one, so that nobody has in its process what another one needs. */
export const receivers = {
  bare: async () => (await import('./bare-receiver.ts')).bareReceiver,
  millrace: async () => (await import('./millrace-receiver.ts')).millraceReceiver,
} as const satisfies Record<string, () => Promise<StartReceiving>>;

export type ReceiverName = keyof typeof receivers;
