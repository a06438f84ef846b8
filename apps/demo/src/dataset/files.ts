import { readFileSync } from 'node:fs';
import type { ShopEvent } from '../events.ts';
import type { Dataset } from './generate.ts';
import type { Mishap } from './mishaps.ts';

export const datasetFiles = {
  events: new URL('../../data/events.jsonl', import.meta.url),
  mishaps: new URL('../../data/mishaps.jsonl', import.meta.url),
} as const;

/** What `pnpm dataset` wrote. */
export function readDataset(): Dataset {
  return {
    events: readLines(datasetFiles.events) as readonly ShopEvent[],
    mishaps: readLines(datasetFiles.mishaps) as readonly Mishap[],
  };
}

function readLines(file: URL): readonly unknown[] {
  const lines = readFileSync(file, 'utf8').trimEnd().split('\n');
  return lines.map((line) => JSON.parse(line) as unknown);
}
