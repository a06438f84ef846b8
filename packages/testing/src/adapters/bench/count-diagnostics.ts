import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import type { Diagnostics } from '@millrace/core';

/** What core has told of one source, through its diagnostics channels. */
export interface DiagnosticCounts {
  readonly received: number;
  /** Done or dead. */
  readonly settled: number;
  readonly deadLetters: number;
}

export function countDiagnostics(sourceName: string): { readonly counts: DiagnosticCounts; end(): void } {
  const counts = { received: 0, settled: 0, deadLetters: 0 };
  const listeners: readonly (readonly [string, (event: unknown) => void])[] = [
    [
      'millrace:receive',
      (event) => {
        const { source, count } = event as Diagnostics['receive'];
        if (source === sourceName) counts.received += count;
      },
    ],
    [
      'millrace:settle',
      (event) => {
        const { source, outcome } = event as Diagnostics['settle'];
        if (source === sourceName && (outcome === 'done' || outcome === 'dead')) counts.settled += 1;
      },
    ],
    [
      'millrace:dead-letter',
      (event) => {
        if ((event as Diagnostics['dead-letter']).source === sourceName) counts.deadLetters += 1;
      },
    ],
  ];
  for (const [channel, listener] of listeners) subscribe(channel, listener);
  return {
    counts,
    end() {
      for (const [channel, listener] of listeners) unsubscribe(channel, listener);
    },
  };
}
