import { writeFileSync } from 'node:fs';
import { datasetFiles } from './files.ts';
import { generateDataset, toJsonLines } from './generate.ts';

const { events, mishaps, crm, parcels } = generateDataset();
writeFileSync(datasetFiles.events, toJsonLines(events));
writeFileSync(datasetFiles.mishaps, toJsonLines(mishaps));
writeFileSync(datasetFiles.crm, toJsonLines(crm));
writeFileSync(datasetFiles.parcels, toJsonLines(parcels));
console.log(
  `Wrote ${events.length} events of the shop, ${mishaps.length} mishaps, ${crm.length} events of the CRM and ${parcels.length} of parcels.`,
);
