import { readFileSync } from 'node:fs';
import type { CrmEvent } from '../crm/events.ts';
import type { ShopEvent } from '../events.ts';
import type { ParcelEvent } from '../parcels/events.ts';
import type { PushEvent } from '../push/events.ts';
import type { Dataset } from './generate.ts';
import type { Mishap } from './mishaps.ts';

export const datasetFiles = {
  events: new URL('../../data/events.jsonl', import.meta.url),
  mishaps: new URL('../../data/mishaps.jsonl', import.meta.url),
  crm: new URL('../../data/crm.jsonl', import.meta.url),
  parcels: new URL('../../data/parcels.jsonl', import.meta.url),
  pushes: new URL('../../data/pushes.jsonl', import.meta.url),
} as const;

/** What `pnpm dataset` wrote. */
export function readDataset(): Dataset {
  return {
    events: readLines(datasetFiles.events) as readonly ShopEvent[],
    mishaps: readLines(datasetFiles.mishaps) as readonly Mishap[],
    crm: readLines(datasetFiles.crm) as readonly CrmEvent[],
    parcels: readLines(datasetFiles.parcels) as readonly ParcelEvent[],
    pushes: readLines(datasetFiles.pushes) as readonly PushEvent[],
  };
}

function readLines(file: URL): readonly unknown[] {
  const lines = readFileSync(file, 'utf8').trimEnd().split('\n');
  return lines.map((line) => JSON.parse(line) as unknown);
}
