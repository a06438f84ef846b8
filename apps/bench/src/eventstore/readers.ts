import type { StartReading } from './reader.ts';

interface Reader {
  /** How it is told that an event is done with: by nothing but its handling, or by an acknowledgement to a group. */
  readonly settles: 'by-itself' | 'in-group';
  load(): Promise<StartReading>;
}

/** Loaded one by one, so that nobody has in its process what another one needs. */
export const readers = {
  'raw-catch-up': {
    settles: 'by-itself',
    load: async () => (await import('./raw-catch-up.ts')).rawCatchUp,
  },
  'millrace-catch-up': {
    settles: 'by-itself',
    load: async () => (await import('./millrace-catch-up.ts')).millraceCatchUp,
  },
  'raw-persistent': {
    settles: 'in-group',
    load: async () => (await import('./raw-persistent.ts')).ackEach,
  },
  'raw-persistent-batches': {
    settles: 'in-group',
    load: async () => (await import('./raw-persistent.ts')).ackInBatches,
  },
  'millrace-persistent': {
    settles: 'in-group',
    load: async () => (await import('./millrace-persistent.ts')).millracePersistent,
  },
} as const satisfies Record<string, Reader>;

export type ReaderName = keyof typeof readers;
