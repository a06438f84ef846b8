import type { StartReading } from './reader.ts';

export type ReaderName = 'bare' | 'millrace' | 'cometd' | 'faye';

/** Loaded one by one: what a library does to its process is no business of the others. */
export const readers: Readonly<Record<ReaderName, () => Promise<StartReading>>> = {
  bare: async () => (await import('./bare-client.ts')).bareClient,
  millrace: async () => (await import('./millrace.ts')).millrace,
  cometd: async () => (await import('./cometd.ts')).cometd,
  faye: async () => (await import('./faye.ts')).faye,
};
