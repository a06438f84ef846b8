import { writeFileSync } from 'node:fs';
import { datasetFiles } from './files.ts';
import { generateDataset, toJsonLines } from './generate.ts';

const { events, mishaps } = generateDataset();
writeFileSync(datasetFiles.events, toJsonLines(events));
writeFileSync(datasetFiles.mishaps, toJsonLines(mishaps));
console.log(`Wrote ${events.length} events and ${mishaps.length} mishaps.`);
