import type { StartSending } from './sender.ts';

/** Loaded one by one, so that nobody has in its process what another one needs. */
export const senders = {
  raw: async () => (await import('./raw-sender.ts')).raw,
  millrace: async () => (await import('./millrace-sender.ts')).millrace,
  'millrace-platformatic': async () => (await import('./millrace-sender.ts')).millraceByPlatformatic,
  nest: async () => (await import('./nest-sender.ts')).nest,
} as const satisfies Record<string, () => Promise<StartSending>>;

export type SenderName = keyof typeof senders;
